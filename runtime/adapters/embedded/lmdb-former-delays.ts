import type { Delayed } from "../../scheduler/delay-store.ts";
import type { Database } from "./lmdb/environment.ts";

/** A record of the table `waiting`, as releases before 0.2 wrote it. */
export type FormerKey = [dueAt: number, id: string, subscription: string];

/** Reads that table. `damaged` is told of a key that can't be read. */
export function createFormerDelays(waiting: Database<Delayed, FormerKey>, damaged: () => void) {
  return {
    /** Up to a key that is damaged so that LMDB can't tell what it was: what lies behind it is out of reach. */
    *keys(range: { end?: [number] }): Generator<FormerKey, void, void> {
      const keys = waiting.getKeys(range)[Symbol.iterator]();
      for (;;) {
        let next: IteratorResult<FormerKey>;
        try {
          next = keys.next();
        } catch {
          return damaged();
        }
        if (next.done) return;
        if (Array.isArray(next.value) && typeof next.value[0] === "number") yield next.value;
      }
    },
    read(key: FormerKey): Delayed | undefined {
      try {
        const found = waiting.get(key);
        return found?.record?.payload ? found : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
