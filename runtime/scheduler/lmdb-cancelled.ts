import { createHash } from "node:crypto";
import type { TaskRecord } from "../contract.ts";
import type { Database, Store } from "../storage/environment.ts";
import { CANCELLED_FOR_MS, type Cancellation, type DelayedTask } from "./delay-store.ts";
import { decodeDelayed, delayedKey } from "./delayed-format.ts";

export interface CancelledTables {
  readonly durable: Store<{
    readonly delays: Database<Buffer, Buffer>;
    /** Until when it is remembered, by a hash of the task's id. */
    readonly cancelled: Database<number, string>;
  }>;
  readonly volatile: Store<{
    /** The latest time up to which a process has claimed what is due. */
    readonly claimedUntil: Database<number, string>;
  }>;
}

/** What is cancelled of what waits in LMDB. */
export interface LmdbCancelled {
  has(id: string): boolean;
  /** To be called in a volatile transaction, before what is due is read. */
  noteClaim(nowMs: number): void;
  cancel(task: DelayedTask, tooLateMs: number): Promise<Cancellation>;
}

/** Cancellations after which those that are over are removed. */
const SWEEP_EVERY = 1_000;
const CLAIMED = "until";

const keyOf = (id: string): string => createHash("sha256").update(id).digest("base64url");

/**
 * A cancelled task is noted and removed in one commit, and whoever claims looks at the notes: so it is never claimed after
 * the commit. Claims write nothing durable, but who makes them notes the time first; a task whose time that has reached by
 * then may have been claimed before.
 */
export function createLmdbCancelled({ durable, volatile }: CancelledTables): LmdbCancelled {
  const { delays, cancelled } = durable.tables;
  const { claimedUntil } = volatile.tables;
  let sinceSweep = 0;

  function lastClaim(): number {
    volatile.refresh();
    return claimedUntil.get(CLAIMED) ?? Number.NEGATIVE_INFINITY;
  }

  const has = (id: string): boolean => cancelled.get(keyOf(id)) !== undefined;

  function keysOf({ id, dueAt, subscriptions }: DelayedTask): Buffer[] {
    return subscriptions.map((subscription) =>
      delayedKey({ topic: "", dueAt, record: { id, subscription } as TaskRecord }),
    );
  }

  /** What is over can't come again. */
  function* overAt(nowMs: number): Generator<string> {
    for (const { key, value } of cancelled.getRange({})) if (value < nowMs) yield key;
  }

  return {
    has,
    noteClaim(nowMs) {
      if (nowMs > (claimedUntil.get(CLAIMED) ?? Number.NEGATIVE_INFINITY)) claimedUntil.putSync(CLAIMED, nowMs);
    },
    async cancel(task, tooLateMs) {
      durable.refresh();
      if (has(task.id)) return "cancelled";
      if (task.dueAt <= Math.max(tooLateMs, lastClaim())) return "started";
      const keys = keysOf(task);
      const isWhole = keys.every((key) => {
        const value = delays.get(key);
        return value !== undefined && decodeDelayed(key, value)?.record.attempt === 1;
      });
      if (!isWhole) return "unknown";
      const over = ++sinceSweep % SWEEP_EVERY === 0 ? [...overAt(tooLateMs)] : [];
      await durable.commit(() =>
        cancelled.batch(() => {
          for (const key of over) cancelled.remove(key);
          cancelled.put(keyOf(task.id), task.dueAt + CANCELLED_FOR_MS);
          for (const key of keys) delays.remove(key);
        }),
      );
      return task.dueAt <= lastClaim() ? "unknown" : "cancelled";
    },
  };
}
