import { openStorage } from "../storage.ts";
import type { Delayed, DelayedClaim, DelayStore } from "./delay-store.ts";

/** Due time, then what makes it unique: the order of keys is the order of firing. */
type DueKey = [dueAt: number, id: string, subscription: string];

/** A lease's end and whose record it covers: what is leased has left the due order, and comes back when this lapses. */
type LeaseKey = [leasedUntil: number, ...DueKey];

const keyOf = ({ dueAt, record }: Delayed): DueKey => [dueAt, record.id, record.subscription];

/**
 * A delay store in a folder, for all processes of one machine. Two ordered tables, so that claiming never has to walk
 * over what others have leased: `due` holds what waits, `leased` what somebody is firing.
 */
export function openLmdbDelayStore(folder: string): DelayStore {
  const storage = openStorage({ folder, syncBeforeResolve: true });
  const due = storage.table<DueKey, Delayed>("due");
  const leased = storage.table<LeaseKey, Delayed>("leased");

  return {
    horizonMs: Number.POSITIVE_INFINITY,

    async add(delayed) {
      await storage.write(() => {
        for (const entry of delayed) due.put(keyOf(entry), entry);
      });
    },

    claimDue(nowMs, max, leaseMs) {
      return storage.write(() => {
        const lapsed = [...leased.range({ end: [nowMs + 1], limit: max })];
        for (const { key, value } of lapsed) {
          leased.remove(key);
          due.put(keyOf(value), value);
        }
        const claims: DelayedClaim[] = [];
        for (const { key, value } of [...due.range({ end: [nowMs + 1], limit: max })]) {
          const leaseKey: LeaseKey = [nowMs + leaseMs, ...key];
          due.remove(key);
          leased.put(leaseKey, value);
          claims.push({ ...value, key: leaseKey });
        }
        return claims;
      });
    },

    async remove(claims) {
      await storage.write(() => {
        for (const { key } of claims) leased.remove(key as LeaseKey);
      });
    },

    async nextDueAt() {
      const [nextDue] = due.range({ limit: 1 });
      const [nextLease] = leased.range({ limit: 1 });
      return Math.min(nextDue?.key[0] ?? Number.POSITIVE_INFINITY, nextLease?.key[0] ?? Number.POSITIVE_INFINITY);
    },

    async size() {
      return due.count() + leased.count();
    },

    close: () => storage.close(),
  };
}
