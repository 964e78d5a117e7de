import { createHash } from "node:crypto";
import { openStorage } from "../storage.ts";
import type { DedupeRequest, DedupeStore, Reservation } from "./dedupe-store.ts";

interface Entry {
  readonly id: string;
  readonly confirmed: boolean;
  readonly untilMs: number;
}

type EntryKey = [useCase: string, dedupeId: string];
type ExpiryKey = [untilMs: number, ...EntryKey];

/** LMDB's keys are short; a longer id is kept as its hash. */
const LONGEST_PLAIN_ID = 200;
const SWEEP_BATCH = 1_000;

function keyOf({ useCase, dedupeId }: DedupeRequest): EntryKey {
  if (dedupeId.length <= LONGEST_PLAIN_ID) return [useCase, dedupeId];
  return [useCase, `sha256:${createHash("sha256").update(dedupeId).digest("base64url")}`];
}

/**
 * A dedupe store in a folder, for all processes of one machine. Its writes survive a crash of any process at once; a
 * power loss may forget the last moments, which can duplicate an event and loses none.
 */
export function openLmdbDedupeStore(folder: string): DedupeStore {
  const storage = openStorage({ folder, syncBeforeResolve: false });
  const entries = storage.table<EntryKey, Entry>("entries");
  const expiries = storage.table<ExpiryKey, true>("expiries");

  function set(key: EntryKey, entry: Entry): void {
    const old = entries.get(key);
    if (old) expiries.remove([old.untilMs, ...key]);
    entries.put(key, entry);
    expiries.put([entry.untilMs, ...key], true);
  }

  function drop(key: EntryKey, entry: Entry): void {
    entries.remove(key);
    expiries.remove([entry.untilMs, ...key]);
  }

  return {
    reserve(requests, nowMs, leaseMs) {
      return storage.write(() =>
        requests.map((request): Reservation => {
          const key = keyOf(request);
          const found = entries.get(key);
          if (found && found.untilMs > nowMs) {
            return found.confirmed ? { kind: "duplicate", id: found.id } : { kind: "pending" };
          }
          set(key, { id: request.id, confirmed: false, untilMs: nowMs + leaseMs });
          return { kind: "reserved" };
        }),
      );
    },

    async confirm(requests, untilMs) {
      await storage.write(() => {
        for (const request of requests) set(keyOf(request), { id: request.id, confirmed: true, untilMs });
      });
    },

    async release(requests) {
      await storage.write(() => {
        for (const request of requests) {
          const key = keyOf(request);
          const found = entries.get(key);
          if (found?.id === request.id) drop(key, found);
        }
      });
    },

    sweep(nowMs) {
      return storage.write(() => {
        const lapsed = [...expiries.range({ end: [nowMs + 1], limit: SWEEP_BATCH })];
        for (const { key } of lapsed) {
          const [untilMs, ...entryKey] = key;
          drop(entryKey, { id: "", confirmed: false, untilMs });
        }
        return lapsed.length;
      });
    },

    close: () => storage.close(),
  };
}
