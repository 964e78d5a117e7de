import type { Cancel, Clock } from "../contract/clock.ts";
import type { Outcome, ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { ControlEntry, ControlStore } from "../control/control-store.ts";
import { CALLBACK_PREFIX } from "../task-http/callback.ts";

/** Outcomes that this worker waits for, wherever their callbacks arrive. */
export interface AwaitedOutcomes {
  /** Calls back once, with the outcome of that try, until the returned function is called. */
  await(id: string, settle: (outcome: Outcome) => void): Cancel;
  close(): Promise<void>;
}

const LOOK_MS = 200;
/** Keys that are asked for in one look: where more are awaited, each is looked at more rarely. */
const MOST_LOOKED_AT = 1_000;
/** Of what is left of callbacks, in one look: at once, so that stores write them together. */
const MOST_REMOVED = 200;
/** Between a task's end and what is left of its callback: its outcome is stored long before. */
const KEEP_MS = 10_000;
/** What nobody waits for any more: callbacks that came too late. */
const FORGET_MS = 86_400_000;
const FORGET_EVERY_MS = 600_000;

/** Looks in the store for the outcomes that are awaited, and for those alone. */
export function createAwaitedOutcomes(options: {
  readonly store: ControlStore;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}): AwaitedOutcomes {
  const { store, clock } = options;
  /** By key, in the order in which they were looked at last: the first one longest ago. */
  const awaited = new Map<string, (outcome: Outcome) => void>();
  /** Those of them that were never looked at: their callbacks may have been there before the 202. */
  const unseen = new Set<string>();
  /** What this worker has settled, and when, in ms on the monotonic clock. */
  let settled: { readonly entry: ControlEntry; readonly at: number }[] = [];
  let looking: Promise<void> | undefined;
  let again = false;
  let cancelTimer: Cancel | undefined;
  let closed = false;

  function lookSoon(delayMs: number): void {
    if (closed) return;
    if (looking) {
      again ||= delayMs === 0;
      return;
    }
    cancelTimer?.();
    cancelTimer = clock.after(
      delayMs,
      () => {
        looking = look().finally(() => {
          looking = undefined;
          const isWanted = again || awaited.size > 0 || settled.length > 0;
          if (isWanted) lookSoon(again ? 0 : LOOK_MS);
          again = false;
        });
      },
      { background: true },
    );
  }

  async function look(): Promise<void> {
    try {
      const keys = nextKeys();
      if (keys.length > 0) for (const entry of await store.get(keys)) settle(entry);
      await removeSettled();
    } catch (error) {
      if (!closed) report("Callbacks can't be looked for now", error);
    }
  }

  function nextKeys(): string[] {
    const keys = [...unseen].slice(0, MOST_LOOKED_AT);
    for (const key of awaited.keys()) {
      if (keys.length >= MOST_LOOKED_AT) break;
      if (!unseen.has(key)) keys.push(key);
    }
    for (const key of keys) {
      unseen.delete(key);
      const own = awaited.get(key)!;
      awaited.delete(key);
      awaited.set(key, own);
    }
    if (unseen.size > 0) again = true;
    return keys;
  }

  function settle(entry: ControlEntry): void {
    const { key, value } = entry;
    const own = awaited.get(key);
    // Its time may have ended while the store was asked.
    if (!own) return;
    // Whatever is wrong with it now will be at the next look: the task's time ends it.
    awaited.delete(key);
    try {
      const { outcome } = JSON.parse(value) as { outcome: Outcome };
      settled.push({ entry, at: clock.monotonic() });
      own(outcome);
    } catch (error) {
      report(`The callback '${key}' can't be taken`, error);
    }
  }

  async function removeSettled(): Promise<void> {
    const before = clock.monotonic() - KEEP_MS;
    const old = settled.slice(0, MOST_REMOVED).filter(({ at }) => at < before);
    // Somebody else may have removed one: then nothing is left to do.
    await Promise.all(old.map(({ entry }) => store.put(entry.key, undefined, entry.revision)));
    settled = settled.slice(old.length);
  }

  /** Removes what came too late, and what a worker left that was killed. */
  async function forget(): Promise<void> {
    for (const { key, value, revision } of await store.list(CALLBACK_PREFIX)) {
      if (closed) return;
      if (!awaited.has(key) && clock.now() - takenAt(value) > FORGET_MS) await store.put(key, undefined, revision);
    }
  }

  let cancelForgetting: Cancel = () => {};
  const forgetLater = (): void => {
    cancelForgetting = clock.after(
      FORGET_EVERY_MS,
      () => {
        forget()
          .catch((error) => closed || report("Old callbacks can't be removed now", error))
          .finally(() => closed || forgetLater());
      },
      { background: true },
    );
  };
  forgetLater();

  function report(what: string, error: unknown): void {
    const message = `${what}: ${describeThrown(error)}`;
    options.reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
  }

  const stopWatching = store.watch?.(() => {
    if (awaited.size > 0) lookSoon(0);
  });
  return {
    await(id, settle) {
      const key = CALLBACK_PREFIX + id;
      awaited.set(key, settle);
      unseen.add(key);
      lookSoon(0);
      return () => {
        // The same try may be awaited again by then.
        if (awaited.get(key) !== settle) return;
        awaited.delete(key);
        unseen.delete(key);
      };
    },
    async close() {
      closed = true;
      cancelTimer?.();
      cancelForgetting();
      stopWatching?.();
      await looking;
      await store.close();
    },
  };
}

/** In ms since the Unix epoch; what can't be read is of long ago. */
function takenAt(value: string): number {
  try {
    return Number((JSON.parse(value) as { at: unknown }).at) || 0;
  } catch {
    return 0;
  }
}
