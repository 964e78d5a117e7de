import { type Clock, sleep } from "../../contract/clock.ts";
import type { Database, Store } from "./lmdb/environment.ts";
import { currentProcess, livenessOf, type ProcessIdentity } from "./lmdb/process-identity.ts";

/** Who changes something that waits, now. */
export interface Holder extends ProcessIdentity {
  readonly token: string;
  /** Until when it counts where its process can't be asked, in ms since the Unix epoch. */
  readonly untilMs: number;
}

/** What one call at a time changes, of all processes, while nobody claims it. */
export interface LmdbHolds {
  /** Waits until nobody else has it; answers what lets it go. */
  hold(name: string): Promise<() => Promise<void>>;
  /** All that is held now. */
  held(): ReadonlySet<string>;
}

interface Held {
  readonly name: string;
  readonly token: string;
}

interface Leaving extends Held {
  readonly gone: () => void;
}

interface Waiting extends Held {
  readonly resolve: (letGo: () => Promise<void>) => void;
  readonly reject: (error: unknown) => void;
}

/** How long one holds whose process can't be asked. */
const UNKNOWN_MS = 30_000;
const AGAIN_MS = 2;
const FAILED_MS = 500;

/** A process that was killed holds nothing; one that stands still holds what it has, so that it can't come too late. */
export function createLmdbHolds(
  volatile: Store<{ readonly holds: Database<Holder, string> }>,
  clock: Clock,
): LmdbHolds {
  const { holds } = volatile.tables;
  const waiting = new Set<Waiting>();
  const leaving: Leaving[] = [];
  let isTurning = false;

  /** `asked`: what was found of processes before, each of which holds many. */
  function counts(holder: Holder | undefined, asked: Map<string, boolean>): boolean {
    if (holder === undefined) return false;
    const process = `${holder.pid} ${holder.startTime} ${holder.pidNamespace} ${holder.untilMs > clock.now()}`;
    let does = asked.get(process);
    if (does === undefined) {
      const liveness = livenessOf(holder);
      does = liveness === "alive" || (liveness === "unknown" && holder.untilMs > clock.now());
      asked.set(process, does);
    }
    return does;
  }

  function read(name: string): Holder | undefined {
    try {
      return holds.get(name);
    } catch {
      // What can't be read is nobody's.
      return undefined;
    }
  }

  /** All that this process's calls wait for in one transaction: with one each, those of many calls would only wait for each other. */
  function takeTurn(): readonly Waiting[] {
    const taken: Waiting[] = [];
    const asked = new Map<string, boolean>();
    volatile.transact(() => {
      for (const { name, token } of leaving) if (read(name)?.token === token) holds.removeSync(name);
      for (const one of waiting) {
        if (counts(read(one.name), asked)) continue;
        holds.putSync(one.name, { ...currentProcess(), token: one.token, untilMs: clock.now() + UNKNOWN_MS });
        taken.push(one);
      }
    });
    for (const { gone } of leaving.splice(0)) gone();
    for (const one of taken) waiting.delete(one);
    return taken;
  }

  async function takeTurns(begin?: Promise<void>): Promise<void> {
    if (isTurning) return;
    isTurning = true;
    if (begin) await begin;
    while (waiting.size > 0 || leaving.length > 0) {
      try {
        for (const one of await volatile.whenFree(takeTurn)) one.resolve(() => letGo(one));
      } catch (error) {
        for (const { reject } of waiting) reject(error);
        waiting.clear();
        // What is not let go is held until this process ends, which need not wait for it.
        await new Promise<void>((again) => clock.after(FAILED_MS, again, { background: true }));
      }
      await sleep(clock, waiting.size > 0 ? AGAIN_MS : 0);
    }
    isTurning = false;
  }

  function letGo(held: Held): Promise<void> {
    return new Promise((gone) => {
      leaving.push({ ...held, gone });
      void takeTurns();
    });
  }

  return {
    hold(name) {
      return new Promise((resolve, reject) => {
        waiting.add({ name, token: clock.randomId(12), resolve, reject });
        // In this turn's aftermath, with all that it asks for.
        void takeTurns(new Promise((begin) => clock.soon(begin)));
      });
    },
    held() {
      const names = new Set<string>();
      const asked = new Map<string, boolean>();
      for (const name of holds.getKeys({})) if (counts(read(name), asked)) names.add(name);
      return names;
    },
  };
}
