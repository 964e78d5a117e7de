import type { Cancel, Clock } from "../contract/clock.ts";
import type { Message, Outcome, ReportProblem, SubscriberSettings } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { TaskLogLine } from "../contract/task-log.ts";
import { type LoneProcess, startLoneProcess } from "./lone-process.ts";

/** Processes for tasks that must run alone, of one worker. */
const MOST_PROCESSES = 4;
/** What a process gets to load its use case. */
const OPEN_MS = 60_000;
/** What a process gets, beyond its task's time and grace, before its event loop is taken for blocked. */
const BLOCKED_MS = 5_000;
const LONGEST_GRACE_MS = 10_000;
/** Before a process that could not be started is tried again. */
const RESTART_MS = 1_000;
const MOST_RESTARTS = 3;

/** A subscriber whose suspects run alone. */
export interface LoneSubscriber {
  readonly url: string;
  readonly useCase: string;
  readonly subscriber: SubscriberSettings;
  /** Told of each task's outcome, once. */
  readonly report: (message: Message, outcome: Outcome, startedAt: number, endedAt: number) => void;
  /** Runs a task in this process, where no other can be started. */
  readonly runHere: (message: Message) => void;
}

/** One subscriber's tasks that run alone. */
export interface Lodging {
  run(messages: readonly Message[]): void;
  readonly waiting: number;
  readonly running: number;
  find(id: string): LodgedTask | undefined;
  /** Starts no more of them. */
  stop(): void;
  /** Starts none until it is told otherwise. */
  pause(paused: boolean): void;
  /** Ends what runs; its tasks get no outcome, and are delivered again. */
  abort(): void;
}

/** `alone`: it waits for a process where nothing else runs. `since` on the monotonic clock. */
export interface LodgedTask {
  readonly state: "alone" | "running";
  readonly attempt: number;
  readonly since?: number;
}

export interface Isolation {
  lodge(subscriber: LoneSubscriber): Lodging;
}

/** Where a suspect was before it was given to a process. */
interface Waiting {
  readonly message: Message;
  /** It ended a process that had run others before: what they left behind may have. */
  readonly fresh: boolean;
}

/**
 * Runs tasks that were in flight when a process ended, each in a process where nothing else runs: what it does to that
 * process is told by the process's end. Subscribers share a few processes: one that has several of them gives way.
 */
export function createIsolation(settings: {
  readonly connection: unknown;
  /** Takes what handlers log there. Absent: nobody does. */
  readonly log?: ((line: TaskLogLine) => void) | undefined;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}): Isolation {
  const { clock, reportProblem } = settings;
  /** Wait for one of the processes. */
  const queue: (() => void)[] = [];
  let processes = 0;

  function acquire(start: () => void): void {
    if (processes < MOST_PROCESSES) {
      processes++;
      start();
    } else queue.push(start);
  }

  function release(): void {
    const next = queue.shift();
    if (next) next();
    else processes--;
  }

  return {
    lodge({ url, useCase, subscriber, report, runHere }) {
      const waiting: Waiting[] = [];
      const timeMs = subscriber.timeoutMs + Math.min(subscriber.timeoutMs, LONGEST_GRACE_MS) + BLOCKED_MS;
      /** Processes that it has, or waits for. */
      let lodged = 0;
      let stopped = false;
      let paused = false;
      let restarts = 0;
      /** Whether the last process could be opened: only then there may be several. */
      let canOpen = false;
      /** What runs in each. */
      const running = new Map<LoneProcess, { readonly waiting: Waiting; readonly startedAt: number }>();
      const lones = new Set<LoneProcess>();

      function begin(): void {
        while (!stopped && !paused && lodged < Math.min(canOpen ? MOST_PROCESSES : 1, waiting.length)) {
          lodged++;
          acquire(openProcess);
        }
      }

      function leave(): void {
        lodged--;
        release();
      }

      function openProcess(): void {
        if (stopped || paused || waiting.length === 0) {
          leave();
          return;
        }
        let cancel: Cancel = () => {};
        let isOpen = false;
        let isDone = false;
        let isBlocked = false;
        let refusal = "";
        const own = startLoneProcess(
          { kind: "open", url, subscriber: subscriber.name, connection: settings.connection },
          {
            answered(answer) {
              if (answer.kind === "logged") settings.log?.(answer.line);
              if (answer.kind === "refused") refusal = answer.message;
              if (answer.kind === "opened") {
                isOpen = true;
                canOpen = true;
                restarts = 0;
                give();
                begin();
              } else if (answer.kind === "ended" && running.has(own)) {
                cancel();
                const { waiting: ended, startedAt } = running.get(own)!;
                running.delete(own);
                report(ended.message, answer.outcome, startedAt, startedAt + answer.tookMs);
                // What failed may have left work behind, which must not be the next one's fault.
                if (answer.outcome.kind === "done") give();
                else finish();
              }
            },
            ended(how, byItself) {
              cancel();
              const ended = running.get(own);
              running.delete(own);
              lones.delete(own);
              leave();
              if (!isOpen) return failToOpen(refusal || `it ended at its start (${how})`);
              if (ended && !isDone) judge(ended.waiting, how, byItself || isBlocked, isBlocked);
              begin();
            },
          },
        );
        lones.add(own);
        cancel = clock.after(OPEN_MS, () => {
          refusal = `it did not load its use case within ${OPEN_MS / 1_000} s`;
          own.kill();
        });

        function give(): void {
          cancel();
          const next = waiting[0];
          const givesWay = queue.length > 0 && lodged > 1 && own.ran > 0;
          if (stopped || paused || !next || givesWay || (own.ran > 0 && isPrecise(next))) {
            finish();
            return;
          }
          waiting.shift();
          running.set(own, { waiting: next, startedAt: clock.monotonic() });
          cancel = clock.after(timeMs, () => {
            isBlocked = true;
            own.kill();
          });
          const { position: _, notBefore: __, crashes = 0, ...record } = next.message;
          // Those in which a process ended are tries too.
          own.send({ kind: "run", record: { ...record, attempt: record.attempt + 1 + crashes } });
        }

        function finish(): void {
          isDone = true;
          own.kill();
        }

        function judge(ended: Waiting, how: string, counts: boolean, blocked: boolean): void {
          const { message } = ended;
          if (!counts) waiting.push(ended);
          else if (own.ran > 1) waiting.push({ message, fresh: true });
          else {
            const what = blocked ? `blocked its event loop for ${timeMs} ms` : `ended its process (${how})`;
            report(message, { kind: "crash", message: `${what}, in which nothing else ran` }, 0, 0);
          }
        }
      }

      function failToOpen(why: string): void {
        const name = `'${useCase}' (${subscriber.name})`;
        canOpen = false;
        restarts++;
        const giveUp = restarts >= MOST_RESTARTS;
        const next = giveUp ? "they run in the worker's own process" : "it is tried again";
        const message = `A process for tasks of ${name} that must run alone can't be used: ${why}. Meanwhile ${next}.`;
        reportProblem(new FivefoldError("handler-fault", message));
        if (giveUp) {
          restarts = 0;
          for (const { message } of waiting.splice(0)) runHere(message);
        } else clock.after(RESTART_MS, begin);
      }

      return {
        run(messages) {
          for (const message of messages) waiting.push({ message, fresh: false });
          begin();
        },
        get waiting() {
          return waiting.length;
        },
        get running() {
          return running.size;
        },
        find(id) {
          for (const { waiting, startedAt } of running.values()) {
            const { message } = waiting;
            if (message.id === id) return { state: "running", attempt: message.attempt, since: startedAt };
          }
          const found = waiting.find(({ message }) => message.id === id);
          return found && { state: "alone", attempt: found.message.attempt };
        },
        stop() {
          stopped = true;
        },
        pause(to) {
          paused = to;
          begin();
        },
        abort() {
          running.clear();
          for (const lone of lones) lone.kill();
        },
      };
    },
  };
}

/** Whether it must have a process that has run nothing before. */
function isPrecise({ message, fresh }: Waiting): boolean {
  return fresh || (message.crashes ?? 0) > 0;
}
