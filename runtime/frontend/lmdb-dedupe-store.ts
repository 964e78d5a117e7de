import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import { openPairedStores } from "../storage/paired-stores.ts";
import type { DedupeRequest, DedupeStore, Reservation } from "./dedupe-store.ts";

interface Entry {
  readonly id: string;
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
 * Opens a dedupe store in a folder, for all processes of one machine. An id is accepted durably before its reservation
 * goes, so whoever asks for it finds the one or the other.
 */
export async function openLmdbDedupeStore(folder: string, clock: Clock): Promise<DedupeStore> {
  const stores = await openPairedStores({
    folder,
    clock,
    durable: (root) => ({
      /** The version is the entry's end, which makes its removal a conditional write. */
      accepted: root.openDB<Entry, EntryKey>("accepted", { encoding: "json", useVersions: true }),
      expiries: root.openDB<true, ExpiryKey>("expiries", { encoding: "json" }),
    }),
    volatile: (root) => ({ reservations: root.openDB<Entry, EntryKey>("reservations", { encoding: "json" }) }),
  });
  const { durable, volatile } = stores;
  const { accepted, expiries } = durable.tables;
  const { reservations } = volatile.tables;

  function reserveOne(request: DedupeRequest, nowMs: number, leaseMs: number): Reservation {
    const key = keyOf(request);
    const found = accepted.get(key);
    if (found && found.untilMs > nowMs) return { kind: "duplicate", id: found.id };
    if ((reservations.get(key)?.untilMs ?? 0) > nowMs) return { kind: "pending" };
    reservations.putSync(key, { id: request.id, untilMs: nowMs + leaseMs });
    return { kind: "reserved" };
  }

  function releaseAll(requests: readonly DedupeRequest[]): void {
    volatile.transact(() => {
      for (const request of requests) {
        const key = keyOf(request);
        if (reservations.get(key)?.id === request.id) reservations.removeSync(key);
      }
    });
  }

  async function sweepAccepted(nowMs: number): Promise<number> {
    durable.refresh();
    const lapsed = [...expiries.getKeys({ end: [nowMs + 1], limit: SWEEP_BATCH })];
    if (lapsed.length === 0) return 0;
    await durable.commit(() =>
      expiries.batch(() => {
        for (const expiry of lapsed) {
          const [untilMs, ...key] = expiry;
          expiries.remove(expiry);
          // Unless it was accepted anew since.
          accepted.remove(key, untilMs);
        }
      }),
    );
    return lapsed.length;
  }

  function sweepReservations(nowMs: number): number {
    return volatile.transact(() => {
      const lapsed = [...reservations.getRange({ limit: SWEEP_BATCH })].filter(({ value }) => value.untilMs <= nowMs);
      for (const { key } of lapsed) reservations.removeSync(key);
      return lapsed.length;
    });
  }

  return {
    reserve: (requests, nowMs, leaseMs) =>
      stores.explained(async () =>
        volatile.transact(() => {
          durable.refresh();
          return requests.map((request) => reserveOne(request, nowMs, leaseMs));
        }),
      ),

    confirm: (requests, untilMs) =>
      stores.explained(async () => {
        await durable.commit(() =>
          accepted.batch(() => {
            for (const request of requests) {
              const key = keyOf(request);
              accepted.put(key, { id: request.id, untilMs }, untilMs);
              expiries.put([untilMs, ...key], true);
            }
          }),
        );
        releaseAll(requests);
      }),

    release: (requests) => stores.explained(async () => releaseAll(requests)),

    sweep: (nowMs) => stores.explained(async () => (await sweepAccepted(nowMs)) + sweepReservations(nowMs)),

    close: () => stores.close(),
  };
}
