import type { Clock } from "../clock.ts";
import type { Database } from "../storage/environment.ts";
import { openPairedStores } from "../storage/paired-stores.ts";
import { currentProcess, hasEnded, type ProcessIdentity } from "../storage/process-identity.ts";
import type { Delayed, DelayedClaim, DelayStore } from "./delay-store.ts";

/** Due time, then what makes it unique: the order of keys is the order of firing. */
type DueKey = [dueAt: number, id: string, subscription: string];

/** The one process that fires. */
interface Leader extends ProcessIdentity {
  readonly token: string;
  readonly untilMs: number;
}

/** How long a leader that hangs keeps others from firing; one that has ended is replaced at once. */
const LEADER_LEASE_MS = 2_000;

const keyOf = ({ dueAt, record }: Delayed): DueKey => [dueAt, record.id, record.subscription];
const nameOf = (key: DueKey): string => key.join("\n");

/**
 * Opens a delay store in a folder, for all processes of one machine. One of them at a time hands out claims, so that
 * claiming writes nothing to the disk: what was claimed is known in that process, and given out again by the next one
 * if it ends.
 */
export async function openLmdbDelayStore(folder: string, clock: Clock): Promise<DelayStore> {
  const stores = await openPairedStores({
    folder,
    clock,
    durable: (root) => ({ waiting: root.openDB<Delayed, DueKey>("waiting", { encoding: "msgpack" }) }),
    volatile: (root) => ({ leaders: root.openDB<Leader, string>("leaders", { encoding: "json" }) }),
  });
  const { durable, volatile } = stores;
  const waiting: Database<Delayed, DueKey> = durable.tables.waiting;
  const { leaders } = volatile.tables;
  const self = { ...currentProcess(), token: clock.randomId(10) };
  /** When the lease of what this process handed out ends. */
  const claimed = new Map<string, number>();

  /** The other process that leads, and still will for a while. */
  function otherLeader(nowMs: number): Leader | undefined {
    // A read may else be of the past: one that has just stepped down would still seem to lead.
    volatile.refresh();
    const leader = leaders.get("leader");
    return leads(leader, nowMs) ? leader : undefined;
  }

  function leads(leader: Leader | undefined, nowMs: number): boolean {
    return !!leader && leader.token !== self.token && leader.untilMs > nowMs && !hasEnded(leader);
  }

  function lead(nowMs: number): boolean {
    if (otherLeader(nowMs)) return false;
    return volatile.transact(() => {
      if (leads(leaders.get("leader"), nowMs)) return false;
      leaders.putSync("leader", { ...self, untilMs: nowMs + LEADER_LEASE_MS });
      return true;
    });
  }

  function isClaimed(key: DueKey, nowMs: number): boolean {
    return (claimed.get(nameOf(key)) ?? 0) > nowMs;
  }

  return {
    horizonMs: Number.POSITIVE_INFINITY,

    add: (delayed) =>
      stores.explained(async () => {
        await durable.commit(() =>
          waiting.batch(() => {
            for (const entry of delayed) waiting.put(keyOf(entry), entry);
          }),
        );
      }),

    claimDue: (nowMs, max, leaseMs) =>
      stores.explained(async () => {
        if (!lead(nowMs)) return [];
        durable.refresh();
        const claims: DelayedClaim[] = [];
        for (const { key, value } of waiting.getRange({ end: [nowMs + 1] })) {
          if (claims.length === max) break;
          if (isClaimed(key, nowMs)) continue;
          claimed.set(nameOf(key), nowMs + leaseMs);
          claims.push({ ...value, key });
        }
        return claims;
      }),

    remove: (claims) =>
      stores.explained(async () => {
        const keys = claims.map(({ key }) => key as DueKey);
        await durable.commit(() =>
          waiting.batch(() => {
            for (const key of keys) waiting.remove(key);
          }),
        );
        for (const key of keys) claimed.delete(nameOf(key));
      }),

    nextDueAt: () =>
      stores.explained(async () => {
        durable.refresh();
        const nowMs = clock.now();
        const leader = otherLeader(nowMs);
        let next = Number.POSITIVE_INFINITY;
        for (const key of waiting.getKeys({})) {
          const leaseEnd = claimed.get(nameOf(key));
          next = Math.min(next, leaseEnd ?? key[0]);
          if (leaseEnd === undefined) break;
        }
        // While another process leads there is nothing to do here, however much is due.
        return leader ? Math.max(next, leader.untilMs) : next;
      }),

    async size() {
      durable.refresh();
      return waiting.getCount();
    },

    async close() {
      volatile.transact(() => {
        if (leaders.get("leader")?.token === self.token) leaders.removeSync("leader");
      });
      await stores.close();
    },
  };
}
