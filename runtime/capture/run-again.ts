import type { Cancel, Clock } from "../contract/clock.ts";
import type { ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";

/** What one part of a capture does, and how far it is. */
export interface Part {
  /** `outbox of billing`, for messages. */
  readonly name: string;
  /** What was enqueued since the process started. */
  count: number;
  /** Why it stands still; empty: it does not. */
  problem: string;
}

export interface Running extends Part {
  /** Ends what it does after the batch that is under way. */
  stop(): Promise<void>;
}

/** What a run is told and tells. */
export interface RunControl {
  readonly isStopped: () => boolean;
  /** Calls this when the run is to stop. */
  readonly onStop: (stop: () => void) => void;
  readonly opened: () => void;
  readonly counted: (count: number) => void;
}

const FIRST_AGAIN_MS = 500;
const LONGEST_AGAIN_MS = 10_000;

/** Runs it until it is stopped, again where it fails: nothing is lost by that, since the database keeps what was not confirmed. */
export function runAgain(
  name: string,
  run: (control: RunControl) => Promise<void>,
  clock: Clock,
  reportProblem: ReportProblem,
): Running {
  let stopped = false;
  let stopRun: () => void = () => {};
  let wake: () => void = () => {};
  let cancel: Cancel = () => {};
  let againMs = FIRST_AGAIN_MS;
  const control: RunControl = {
    isStopped: () => stopped,
    onStop(stop) {
      stopRun = stop;
      if (stopped) stop();
    },
    opened() {
      running.problem = "";
    },
    counted(count) {
      running.count += count;
      againMs = FIRST_AGAIN_MS;
    },
  };

  async function pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      wake = resolve;
      cancel = clock.after(againMs, resolve);
    });
    cancel();
    againMs = Math.min(2 * againMs, LONGEST_AGAIN_MS);
  }

  async function runOn(): Promise<void> {
    while (!stopped) {
      try {
        await run(control);
      } catch (error) {
        if (stopped) break;
        const problem = asProblem(name, error);
        running.problem = problem.message;
        reportProblem(problem);
        await pause();
      }
    }
  }

  const running: Running = {
    name,
    count: 0,
    problem: "it has not begun to read yet",
    async stop() {
      stopped = true;
      stopRun();
      wake();
      await ended;
    },
  };
  const ended = runOn();
  return running;
}

function asProblem(name: string, error: unknown): FivefoldError {
  const code = error instanceof FivefoldError ? error.code : "storage-failed";
  const message = `The ${name} stands still, and is tried again: ${describeThrown(error)}`;
  return new FivefoldError(code, message, { cause: error });
}
