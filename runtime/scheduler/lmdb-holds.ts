import { type Clock, sleep } from "../clock.ts";
import type { Database, Store } from "../storage/environment.ts";
import { currentProcess, livenessOf, type ProcessIdentity } from "../storage/process-identity.ts";

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

/** How long one holds whose process can't be asked. */
const UNKNOWN_MS = 30_000;
const AGAIN_MS = 2;

/** A process that was killed holds nothing; one that stands still holds what it has, so that it can't come too late. */
export function createLmdbHolds(
  volatile: Store<{ readonly holds: Database<Holder, string> }>,
  clock: Clock,
): LmdbHolds {
  const { holds } = volatile.tables;

  function counts(holder: Holder | undefined): boolean {
    if (holder === undefined) return false;
    const liveness = livenessOf(holder);
    return liveness === "alive" || (liveness === "unknown" && holder.untilMs > clock.now());
  }

  function read(name: string): Holder | undefined {
    try {
      return holds.get(name);
    } catch {
      // What can't be read is nobody's.
      return undefined;
    }
  }

  return {
    async hold(name) {
      const token = clock.randomId(12);
      const take = () =>
        volatile.transact(() => {
          if (counts(read(name))) return false;
          holds.putSync(name, { ...currentProcess(), token, untilMs: clock.now() + UNKNOWN_MS });
          return true;
        });
      while (!(await volatile.whenFree(take))) await sleep(clock, AGAIN_MS);
      return () =>
        volatile.whenFree(() =>
          volatile.transact(() => {
            if (read(name)?.token === token) holds.removeSync(name);
          }),
        );
    },
    held() {
      const names = new Set<string>();
      for (const name of holds.getKeys({})) if (counts(read(name))) names.add(name);
      return names;
    },
  };
}
