import { createHash } from "node:crypto";
import type { Clock } from "../../contract/clock.ts";
import type { TaskRecord } from "../../contract/contract.ts";
import { CANCELLED_FOR_MS, type Delayed, type DelayedTask, type DelayStore } from "../../scheduler/delay-store.ts";
import { decodeDelayed, delayedKey, encodeDelayed } from "./delayed-format.ts";
import type { Database, Store } from "./lmdb/environment.ts";
import { createLmdbHolds, type Holder } from "./lmdb-holds.ts";

/** When a task is due that was rescheduled. */
export interface Rescheduled {
  readonly dueAt: number;
  /** Until when that is remembered. */
  readonly untilMs: number;
}

export interface CancelledTables {
  readonly durable: Store<{
    readonly delays: Database<Buffer, Buffer>;
    /** Until when it is remembered, by a hash of the task's id. */
    readonly cancelled: Database<number, string>;
    /** By a hash of the task's id. */
    readonly rescheduled: Database<Rescheduled, string>;
  }>;
  readonly volatile: Store<{
    /** The latest time up to which a process has claimed what is due. */
    readonly claimedUntil: Database<number, string>;
    readonly holds: Database<Holder, string>;
  }>;
}

/** What is cancelled or rescheduled of what waits in LMDB. */
export interface LmdbCancelled extends Pick<DelayStore, "cancel" | "reschedule"> {
  isOutdated(task: Pick<TaskRecord, "id" | "dueAt">): boolean;
  /** To be called in a volatile transaction, before what is due is read. */
  noteClaim(nowMs: number): void;
  /** Whether a task is being changed now, and must not be claimed; to be asked for after a claim's time was noted. */
  whichAreHeld(): (id: string) => boolean;
}

/** Changes after which those that are over are removed. */
const SWEEP_EVERY = 1_000;
const CLAIMED = "until";
/** What a commit may well take: what is due by then is on its way. */
const COMMIT_MS = 100;

const keyOf = (id: string): string => createHash("sha256").update(id).digest("base64url");

/**
 * Of a cancelled task that is noted, and its entries are removed, in one commit; of a rescheduled one its new time, with its
 * entries at that. Whoever claims looks at the notes, so that nothing of it is claimed after the commit that is outdated.
 *
 * Claims write nothing durable, but who makes them notes the time first, and then passes over what is held: a task that is
 * held before its time was noted is claimed by nobody until its change is durable.
 */
export function createLmdbCancelled({ durable, volatile }: CancelledTables, clock: Clock): LmdbCancelled {
  const { delays, cancelled, rescheduled } = durable.tables;
  const { claimedUntil } = volatile.tables;
  const holds = createLmdbHolds(volatile, clock);
  let sinceSweep = 0;

  function lastClaim(): number {
    volatile.refresh();
    return claimedUntil.get(CLAIMED) ?? Number.NEGATIVE_INFINITY;
  }

  const isCancelled = (id: string): boolean => cancelled.get(keyOf(id)) !== undefined;
  const dueAtOf = ({ id, dueAt }: Pick<DelayedTask, "id" | "dueAt">): number =>
    rescheduled.get(keyOf(id))?.dueAt ?? dueAt;

  /** A task's entries, where it waits for all of its subscriptions; else why it can't be changed any more. */
  function waitingOf(task: DelayedTask, tooLateMs: number) {
    const dueAt = dueAtOf(task);
    // By now, too: it may have taken long until nobody else held it, and what is late is not asked for in this store alone.
    if (dueAt <= Math.max(tooLateMs, lastClaim(), clock.now() + COMMIT_MS)) return "started";
    const found = task.subscriptions.map((subscription) => {
      const key = delayedKey({ topic: "", dueAt, record: { id: task.id, subscription } as TaskRecord });
      const value = delays.get(key);
      const entry = value && decodeDelayed(key, value);
      return entry?.record.attempt === 1 ? { key, entry } : undefined;
    });
    return found.every((one) => one !== undefined) ? found : "unknown";
  }

  /** Whether a change is durable before its task's time: a copy that came late from the topic may else have begun meanwhile. */
  function wasInTime(dueAt: number): boolean {
    return dueAt > clock.now();
  }

  /** What is over can't come again. */
  function sweep(nowMs: number): void {
    if (++sinceSweep % SWEEP_EVERY !== 0) return;
    for (const { key, value } of cancelled.getRange({})) if (value < nowMs) cancelled.remove(key);
    for (const { key, value } of rescheduled.getRange({})) if (value.untilMs < nowMs) rescheduled.remove(key);
  }

  /** Changes a task that nobody else changes or claims meanwhile. */
  async function changing<T>({ id }: DelayedTask, change: () => Promise<T>): Promise<T> {
    const letGo = await holds.hold(keyOf(id));
    try {
      durable.refresh();
      return await change();
    } finally {
      await letGo();
    }
  }

  return {
    isOutdated: ({ id, dueAt }) => isCancelled(id) || dueAtOf({ id, dueAt }) !== dueAt,
    noteClaim(nowMs) {
      if (nowMs > (claimedUntil.get(CLAIMED) ?? Number.NEGATIVE_INFINITY)) claimedUntil.putSync(CLAIMED, nowMs);
    },
    whichAreHeld() {
      volatile.refresh();
      const held = holds.held();
      return (id) => held.size > 0 && held.has(keyOf(id));
    },
    cancel: (task, tooLateMs) =>
      changing(task, async () => {
        if (isCancelled(task.id)) return "cancelled";
        const waiting = waitingOf(task, tooLateMs);
        if (typeof waiting === "string") return waiting;
        const dueAt = dueAtOf(task);
        await durable.commit(() =>
          cancelled.batch(() => {
            sweep(tooLateMs);
            cancelled.put(keyOf(task.id), dueAt + CANCELLED_FOR_MS);
            for (const { key } of waiting) delays.remove(key);
          }),
        );
        return wasInTime(dueAt) ? "cancelled" : "unknown";
      }),
    reschedule: (task, dueAt, tooLateMs) =>
      changing(task, async () => {
        if (isCancelled(task.id)) return "unknown";
        const waiting = waitingOf(task, tooLateMs);
        if (typeof waiting === "string") return waiting;
        const from = dueAtOf(task);
        await durable.commit(() =>
          rescheduled.batch(() => {
            sweep(tooLateMs);
            const untilMs = Math.max(from, dueAt) + CANCELLED_FOR_MS;
            rescheduled.put(keyOf(task.id), { dueAt, untilMs });
            for (const { key } of waiting) delays.remove(key);
            for (const { entry } of waiting) {
              const again: Delayed = { ...entry, dueAt, record: { ...entry.record, dueAt } };
              delays.put(delayedKey(again), encodeDelayed(again), newVersion(clock));
            }
          }),
        );
        return wasInTime(from) ? "rescheduled" : "unknown";
      }),
  };
}

/** Versions are whole numbers that a double holds. */
const VERSIONS = 2 ** 52;

/** Each add draws a version, so that a claim made before removes nothing of it. */
export function newVersion(clock: Clock): number {
  return 1 + Math.floor(clock.random() * VERSIONS);
}
