import type { TaskRecord } from "../../contract/contract.ts";
import {
  CANCELLED_FOR_MS,
  type Delayed,
  type DelayedClaim,
  type DelayedTask,
  type DelayStore,
  groupsOf,
} from "../../scheduler/delay-store.ts";

interface Entry extends Delayed {
  /** The number of the claim that has it; 0: none since it was added. */
  claim: number;
  leasedUntil: number;
}

interface ClaimKey {
  readonly entry: string;
  readonly claim: number;
}

const keyOf = ({ dueAt, record }: Delayed): string => `${dueAt}\n${record.id}\n${record.subscription}`;

/** A delay store in this process's memory, for simulations and tests. Its claims scan all that waits. */
export function createMemoryDelayStore(isOfOneWorker = false): DelayStore {
  const entries = new Map<string, Entry>();
  /** Until when it is remembered, by task. */
  const cancelled = new Map<string, number>();
  /** When a task is due that was rescheduled. */
  const moved = new Map<string, { readonly dueAt: number; readonly untilMs: number }>();
  const listeners: (() => void)[] = [];
  let claims = 0;
  const wakesAt = (entry: Entry) => Math.max(entry.dueAt, entry.leasedUntil);

  function isOutdated({ id, dueAt }: Pick<TaskRecord, "id" | "dueAt">): boolean {
    return cancelled.has(id) || (moved.get(id)?.dueAt ?? dueAt) !== dueAt;
  }

  /** The entries of a task that waits for all of its subscriptions; else why it can't be cancelled any more. */
  function waitingOf({ id, dueAt, subscriptions }: DelayedTask, tooLateMs: number) {
    const due = moved.get(id)?.dueAt ?? dueAt;
    if (due <= tooLateMs) return "started";
    const own = [...entries].filter(
      ([, { record, dueAt, leasedUntil }]) =>
        record.id === id && record.attempt === 1 && dueAt === due && dueAt > Math.max(tooLateMs, leasedUntil),
    );
    const isWhole = subscriptions.every((one) => own.some(([, { record }]) => record.subscription === one));
    return isWhole ? own : "unknown";
  }

  function forget(nowMs: number): void {
    for (const [id, untilMs] of cancelled) if (untilMs < nowMs) cancelled.delete(id);
    for (const [id, { untilMs }] of moved) if (untilMs < nowMs) moved.delete(id);
  }

  /** The entry, where that claim still has it. */
  function heldBy({ key }: DelayedClaim): Entry | undefined {
    const { entry, claim } = key as ClaimKey;
    const found = entries.get(entry);
    return found?.claim === claim ? found : undefined;
  }

  function claim(isWanted: (entry: Entry) => boolean, max: number, untilMs: number): DelayedClaim[] {
    for (const [key, { record }] of entries) if (isOutdated(record)) entries.delete(key);
    const wanted = [...entries]
      .filter(([, entry]) => isWanted(entry))
      .sort(([, a], [, b]) => a.dueAt - b.dueAt)
      .slice(0, max);
    claims++;
    return wanted.map(([key, entry]): DelayedClaim => {
      entry.claim = claims;
      entry.leasedUntil = untilMs;
      const claimKey: ClaimKey = { entry: key, claim: claims };
      return { key: claimKey, topic: entry.topic, dueAt: entry.dueAt, record: entry.record };
    });
  }

  return {
    horizonMs: Number.POSITIVE_INFINITY,
    isOfOneWorker,
    async add(delayed) {
      for (const { topic, dueAt, record } of delayed) {
        const copy = { ...record, payload: record.payload.slice() };
        const entry: Entry = { topic, dueAt, record: copy, claim: 0, leasedUntil: 0 };
        if (entries.get(keyOf(entry))?.claim !== 0) entries.set(keyOf(entry), entry);
      }
    },
    async claimDue(nowMs, max, leaseMs) {
      return claim((entry) => wakesAt(entry) <= nowMs, max, nowMs + leaseMs);
    },
    async claimOf({ topic, subscription }, nowMs, max, leaseMs) {
      const isOf = (entry: Entry) => entry.topic === topic && entry.record.subscription === subscription;
      return claim((entry) => isOf(entry) && entry.leasedUntil <= nowMs, max, nowMs + leaseMs);
    },
    async cancel(task, tooLateMs) {
      const { id } = task;
      if (cancelled.has(id)) return "cancelled";
      const waiting = waitingOf(task, tooLateMs);
      if (typeof waiting === "string") return waiting;
      for (const [key] of waiting) entries.delete(key);
      forget(tooLateMs);
      cancelled.set(id, (moved.get(id)?.dueAt ?? task.dueAt) + CANCELLED_FOR_MS);
      return "cancelled";
    },
    async reschedule(task, dueAt, tooLateMs) {
      if (cancelled.has(task.id)) return "unknown";
      const waiting = waitingOf(task, tooLateMs);
      if (typeof waiting === "string") return waiting;
      forget(tooLateMs);
      moved.set(task.id, { dueAt, untilMs: Math.max(task.dueAt, dueAt) + CANCELLED_FOR_MS });
      for (const [key, entry] of waiting) {
        entries.delete(key);
        const again = { ...entry, dueAt, record: { ...entry.record, dueAt } };
        entries.set(keyOf(again), again);
      }
      for (const listener of listeners) listener();
      return "rescheduled";
    },
    async outdated(tasks) {
      return new Set(tasks.filter(isOutdated).map(({ id }) => id));
    },
    onSooner: (listener) => void listeners.push(listener),
    async groups() {
      return groupsOf(entries.values());
    },
    async find(id) {
      return [...entries.values()].filter(({ record }) => record.id === id);
    },
    async renew(renewed, untilMs) {
      for (const claim of renewed) {
        const entry = heldBy(claim);
        if (entry) entry.leasedUntil = untilMs;
      }
    },
    async remove(fired) {
      for (const claim of fired) if (heldBy(claim)) entries.delete((claim.key as ClaimKey).entry);
    },
    async nextDueAt() {
      let next = Number.POSITIVE_INFINITY;
      for (const entry of entries.values()) next = Math.min(next, wakesAt(entry));
      return next;
    },
    async size() {
      return entries.size;
    },
    async close() {},
  };
}
