import type { Cancel, Clock } from "../clock.ts";
import type { Outcome, ReportProblem } from "../contract.ts";
import type { ControlEntry, ControlStore } from "../control/control-store.ts";
import { FivefoldError } from "../errors.ts";
import { CALLBACK_PREFIX } from "../task-http/callback.ts";
import { describeThrown } from "../thrown.ts";

/** Outcomes that this worker waits for, wherever their callbacks arrive. */
export interface AwaitedOutcomes {
  /** Calls back once, with the outcome of that try, until the returned function is called. */
  await(id: string, settle: (outcome: Outcome) => void): Cancel;
  close(): Promise<void>;
}

const LOOK_MS = 200;
/** Between a task's end and what is left of its callback: its outcome is stored long before. */
const KEEP_MS = 10_000;
/** What nobody waits for any more. */
const FORGET_MS = 86_400_000;

/** Looks for outcomes in the store while any are awaited. */
export function createAwaitedOutcomes(options: {
  readonly store: ControlStore;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}): AwaitedOutcomes {
  const { store, clock } = options;
  const awaited = new Map<string, (outcome: Outcome) => void>();
  /** When an entry was settled by this worker, in ms on the monotonic clock. */
  const settled = new Map<string, number>();
  let looking = false;
  let again = false;
  let cancelTimer: Cancel | undefined;
  let closed = false;

  function lookSoon(delayMs: number): void {
    if (closed) return;
    cancelTimer?.();
    cancelTimer = clock.after(delayMs, () => void look(), { background: true });
  }

  async function look(): Promise<void> {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    try {
      for (const entry of await store.list(CALLBACK_PREFIX)) {
        await take(entry).catch((error) => report(`The callback '${entry.key}' can't be taken`, error));
      }
      // Somebody else may have removed its entry: then nothing is left to look for.
      for (const [key, at] of settled) if (clock.monotonic() - at > 2 * KEEP_MS) settled.delete(key);
    } catch (error) {
      if (!closed) report("Callbacks can't be looked for now", error);
    }
    looking = false;
    if (again) {
      again = false;
      lookSoon(0);
    } else if (awaited.size > 0 || settled.size > 0) lookSoon(LOOK_MS);
  }

  function report(what: string, error: unknown): void {
    const message = `${what}: ${describeThrown(error)}`;
    options.reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
  }

  async function take({ key, value, revision }: ControlEntry): Promise<void> {
    const { at, outcome } = JSON.parse(value) as { at: number; outcome: Outcome };
    const settle = awaited.get(key);
    if (settle) {
      awaited.delete(key);
      settled.set(key, clock.monotonic());
      settle(outcome);
      return;
    }
    const settledAt = settled.get(key);
    const isOver = settledAt === undefined ? clock.now() - at > FORGET_MS : clock.monotonic() - settledAt > KEEP_MS;
    if (!isOver) return;
    settled.delete(key);
    await store.put(key, undefined, revision);
  }

  const stopWatching = store.watch?.(() => {
    if (awaited.size > 0) lookSoon(0);
  });
  return {
    await(id, settle) {
      const key = CALLBACK_PREFIX + id;
      awaited.set(key, settle);
      // It may be there already.
      lookSoon(0);
      return () => awaited.delete(key);
    },
    async close() {
      closed = true;
      cancelTimer?.();
      stopWatching?.();
      await store.close();
    },
  };
}
