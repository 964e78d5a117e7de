import type { Delayed, DelayedClaim, DelayStore } from "./delay-store.ts";

interface Entry extends Delayed {
  leasedUntil: number;
}

const keyOf = ({ dueAt, record }: Delayed): string => `${dueAt}\n${record.id}\n${record.subscription}`;

/** A delay store in this process's memory, for simulations and tests. Its claims scan all that waits. */
export function createMemoryDelayStore(): DelayStore {
  const entries = new Map<string, Entry>();
  const wakesAt = (entry: Entry) => Math.max(entry.dueAt, entry.leasedUntil);
  return {
    horizonMs: Number.POSITIVE_INFINITY,
    async add(delayed) {
      for (const { topic, dueAt, record } of delayed) {
        const entry = { topic, dueAt, record: { ...record, payload: record.payload.slice() }, leasedUntil: 0 };
        if (!entries.has(keyOf(entry))) entries.set(keyOf(entry), entry);
      }
    },
    async claimDue(nowMs, max, leaseMs) {
      const due = [...entries]
        .filter(([, entry]) => wakesAt(entry) <= nowMs)
        .sort(([, a], [, b]) => a.dueAt - b.dueAt)
        .slice(0, max);
      return due.map(([key, entry]): DelayedClaim => {
        entry.leasedUntil = nowMs + leaseMs;
        return { key, topic: entry.topic, dueAt: entry.dueAt, record: entry.record };
      });
    },
    async remove(claims) {
      for (const { key } of claims) entries.delete(key as string);
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
