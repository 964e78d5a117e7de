import { waitUntil } from "../pulsar/load.ts";
import type { Handled, Life, Refusal } from "./life.ts";

/** What a process says first, it says within a minute on a busy machine. */
const SPEAKS_WITHIN_MS = 120_000;

/** When something was killed, and when it served again. */
export interface Outage {
  readonly what: "broker" | "executor" | "postgres";
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Starts a process anew whenever it ends, as Kubernetes does, until it is told to end. */
export interface Supervised {
  /** How often it ended by itself. */
  readonly failures: readonly string[];
  /** The process that runs now. */
  readonly life: Life;
  kill(): Promise<Outage>;
  /** Asks it to end; its exit code. */
  end(): Promise<number | null>;
  /** Kills it for good. */
  abandon(): void;
}

export function supervise(start: () => Life): Supervised {
  const failures: string[] = [];
  let life = start();
  let isEnding = false;
  let killed: Life | undefined;

  function watch(watched: Life): void {
    void watched.ended.then((code) => {
      if (isEnding) return;
      if (killed !== watched) failures.push(`exit code ${code}: ${watched.lines.at(-1)}`);
      life = start();
      watch(life);
    });
  }
  watch(life);
  return {
    failures,
    get life() {
      return life;
    },
    async kill() {
      // One that has not begun would be no loss.
      await waitUntil(
        () => life.lines.length > 0,
        SPEAKS_WITHIN_MS,
        () => `the executor ${life.child.pid} says nothing`,
      );
      killed = life;
      const fromMs = Date.now();
      killed.child.kill("SIGKILL");
      await killed.ended;
      return { what: "executor", fromMs, untilMs: Date.now() };
    },
    end() {
      isEnding = true;
      life.child.kill("SIGTERM");
      return life.ended;
    },
    abandon() {
      isEnding = true;
      life.child.kill("SIGKILL");
    },
  };
}

/** How often what was accepted was handled, and why more than once. */
export interface Repeats {
  /** Ids in whose life nothing was killed. */
  readonly undisturbed: number;
  /** Runs of handlers over the first of each id, by what explains them. */
  readonly explained: Record<Outage["what"] | "enqueued again", number>;
  readonly unexplained: readonly string[];
}

/**
 * Explains each run over the first of an id. Either its event was enqueued again, since an enqueue that was refused may
 * have been stored (`refused` has one for each). Or something was killed between its enqueue and the time at which
 * the run before was surely acknowledged for good, which takes `storedWithinMs` while all is well.
 */
export function explainRepeats(
  handled: readonly Handled[],
  outages: readonly Outage[],
  refused: readonly Refusal[],
  storedWithinMs: number,
): Repeats {
  const before = new Map<string, Handled>();
  const disturbed = new Set<string>();
  const explained = { broker: 0, executor: 0, postgres: 0, "enqueued again": 0 };
  const again = new Map<string, number>();
  for (const { id } of refused) again.set(id, (again.get(id) ?? 0) + 1);
  const unexplained: string[] = [];
  const causeOf = ({ enqueuedAtMs, atMs }: Handled) =>
    outages.find(({ fromMs, untilMs }) => enqueuedAtMs <= untilMs && fromMs <= atMs + storedWithinMs);
  for (const run of handled) {
    const { id, atMs } = run;
    const earlier = before.get(id);
    before.set(id, run);
    if (causeOf(run)) disturbed.add(id);
    if (!earlier) continue;
    const cause = causeOf(earlier);
    const copies = again.get(id) ?? 0;
    if (copies > 0) {
      explained["enqueued again"] += 1;
      again.set(id, copies - 1);
    } else if (cause) explained[cause.what] += 1;
    else unexplained.push(`${id} at ${earlier.atMs} and ${atMs}`);
  }
  return { undisturbed: before.size - disturbed.size, explained, unexplained };
}
