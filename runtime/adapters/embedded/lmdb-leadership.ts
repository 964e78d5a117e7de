import type { Clock } from "../../contract/clock.ts";
import type { Database, Store } from "./lmdb/environment.ts";
import { currentProcess, hasEnded, type ProcessIdentity } from "./lmdb/process-identity.ts";

/** The one process that fires. */
export interface Leader extends ProcessIdentity {
  readonly token: string;
  readonly untilMs: number;
}

/** Of all processes on a folder, which one hands out claims. */
export interface LmdbLeadership {
  /** Whether this process leads, for a while from now; `noted` is called in the same transaction. */
  lead(nowMs: number, noted: (nowMs: number) => void): boolean;
  /** The other process that leads, and still will for a while. */
  otherLeader(nowMs: number): Leader | undefined;
  resign(): void;
}

/** How long a leader that hangs keeps others from firing; one that has ended is replaced at once. */
const LEADER_LEASE_MS = 2_000;

export function createLmdbLeadership(
  volatile: Store<{ readonly leaders: Database<Leader, string> }>,
  clock: Clock,
): LmdbLeadership {
  const { leaders } = volatile.tables;
  const self = { ...currentProcess(), token: clock.randomId(10) };

  function otherLeader(nowMs: number): Leader | undefined {
    // A read may else be of the past: one that has just stepped down would still seem to lead.
    volatile.refresh();
    const leader = readLeader();
    return leads(leader, nowMs) ? leader : undefined;
  }

  /** One that can't be read leads no more: it holds nothing but who it was. */
  function readLeader(): Leader | undefined {
    try {
      return leaders.get("leader");
    } catch {
      return undefined;
    }
  }

  function leads(leader: Leader | undefined, nowMs: number): boolean {
    return !!leader && leader.token !== self.token && leader.untilMs > nowMs && !hasEnded(leader);
  }

  return {
    otherLeader,
    lead(nowMs, noted) {
      if (otherLeader(nowMs)) return false;
      return volatile.transact(() => {
        if (leads(readLeader(), nowMs)) return false;
        leaders.putSync("leader", { ...self, untilMs: nowMs + LEADER_LEASE_MS });
        noted(nowMs);
        return true;
      });
    },
    resign() {
      volatile.transact(() => {
        if (readLeader()?.token === self.token) leaders.removeSync("leader");
      });
    },
  };
}
