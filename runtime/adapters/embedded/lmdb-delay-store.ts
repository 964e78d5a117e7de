import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { Clock } from "../../contract/clock.ts";
import type { ReportProblem } from "../../contract/contract.ts";
import { type Delayed, type DelayedClaim, type DelayStore, groupsOf } from "../../scheduler/delay-store.ts";
import { damagedValues } from "../storage-error.ts";
import { decodeDelayed, delayedKey, describeDamaged, dueAtOfKey, encodeDelayed, lastKeyAt } from "./delayed-format.ts";
import type { Database } from "./lmdb/environment.ts";
import { openPairedStores } from "./lmdb/paired-stores.ts";
import { createLmdbCancelled, newVersion, type Rescheduled } from "./lmdb-cancelled.ts";
import { createFormerDelays, type FormerKey } from "./lmdb-former-delays.ts";
import type { Holder } from "./lmdb-holds.ts";
import { createLmdbLeadership, type Leader } from "./lmdb-leadership.ts";

/** What a claim removes: that key's value, as long as it has the version that was claimed. */
type ClaimKey =
  | { readonly key: Buffer; readonly version: number; readonly former?: undefined }
  | { readonly former: FormerKey };

/** What lmdb keeps before a value, and how it marks such a table. */
const VERSION_BYTES = 8;
const WITH_VERSIONS = 0x100;
/** When what is being changed now is looked at again. */
const HELD_MS = 20;
const LAST_MS = Number.MAX_SAFE_INTEGER;

const nameOf = (key: Buffer | FormerKey): string =>
  Buffer.isBuffer(key) ? key.toString("latin1") : `former ${key.join("\n")}`;

/**
 * Opens a delay store in a folder, for all processes of one machine. One of them at a time hands out claims, so that
 * claiming writes nothing to the disk: what was claimed is known in that process, and given out again by the next one
 * if it ends.
 *
 * A value that is not as it was written is set aside and reported; all others fire as they should.
 */
export async function openLmdbDelayStore(
  folder: string,
  clock: Clock,
  reportProblem: ReportProblem = (problem) => process.emitWarning(problem),
): Promise<DelayStore> {
  const stores = await openPairedStores({
    folder,
    clock,
    durable: (root) => ({
      /** By due time. Each add draws a version, so that a claim made before removes nothing of it. */
      delays: root.openDB<Buffer, Buffer>("delays", { encoding: "binary", keyEncoding: "binary", useVersions: true }),
      waiting: root.openDB<Delayed, FormerKey>("waiting", { encoding: "msgpack" }),
      /** What was found damaged, as it was found. */
      damaged: root.openDB<Buffer, Buffer>("damaged", { encoding: "binary", keyEncoding: "binary" }),
      cancelled: root.openDB<number, string>("cancelled", { encoding: "json" }),
      rescheduled: root.openDB<Rescheduled, string>("rescheduled", { encoding: "json" }),
    }),
    volatile: (root) => ({
      leaders: root.openDB<Leader, string>("leaders", { encoding: "json" }),
      claimedUntil: root.openDB<number, string>("claimed-until", { encoding: "json" }),
      holds: root.openDB<Holder, string>("holds", { encoding: "json" }),
    }),
    tellTable: (key, value) =>
      decodeDelayed(key, value.subarray(VERSION_BYTES)) ? { table: "delays", flags: WITH_VERSIONS } : undefined,
    reportProblem,
  });
  const { durable, volatile } = stores;
  const { delays, damaged } = durable.tables;
  const waiting: Database<Delayed, FormerKey> = durable.tables.waiting;
  const cancelled = createLmdbCancelled(stores, clock);
  const former = createFormerDelays(waiting, () => {
    if (!setAside.has("former keys")) {
      reportProblem(damagedValues(join(folder, "kept"), "delayed events", ["a key of the table 'waiting'"]));
    }
    setAside.add("former keys");
  });
  const leadership = createLmdbLeadership(volatile, clock);
  /** When the lease of what this process handed out ends. */
  const claimed = new Map<string, number>();
  /** What was set aside: where a damaged key hides it from LMDB's search, it is still met at every look. */
  const setAside = new Set<string>();

  /** Whether nobody has it now, and it is no damaged one. */
  function isFree(key: Buffer | FormerKey, nowMs: number): boolean {
    const name = nameOf(key);
    return (claimed.get(name) ?? Number.NEGATIVE_INFINITY) <= nowMs && !setAside.has(name);
  }

  /** What nobody has now of what is due by that time, soonest first. */
  function* freeUntil(nowMs: number, dueMs: number): Generator<DelayedClaim, void, void> {
    for (const key of former.keys({ end: [dueMs + 1] })) {
      if (key[0] > dueMs || !isFree(key, nowMs)) continue;
      const found = former.read(key);
      if (found) yield { ...found, key: { former: key } satisfies ClaimKey };
      else lose(Buffer.from(JSON.stringify(key)), Buffer.alloc(0), () => waiting.remove(key), nameOf(key));
    }
    for (const bytes of delays.getKeys({ end: lastKeyAt(dueMs), inclusiveEnd: true })) {
      const key = Buffer.from(bytes);
      if (!isFree(key, nowMs)) continue;
      const entry = delays.getEntry(key);
      // A damaged key is met on the way through, and not found by a search.
      const value = entry ? Buffer.from(entry.value) : Buffer.alloc(0);
      const found = entry && decodeDelayed(key, value);
      const version = entry?.version ?? 0;
      if (found) yield { ...found, key: { key, version } satisfies ClaimKey };
      else lose(key, value, () => delays.remove(key), nameOf(key));
    }
  }

  async function take(
    free: Iterable<DelayedClaim>,
    max: number,
    untilMs: number,
    isWanted: (claim: DelayedClaim) => boolean = () => true,
  ): Promise<DelayedClaim[]> {
    const claims: DelayedClaim[] = [];
    const over: DelayedClaim[] = [];
    const isHeld = cancelled.whichAreHeld();
    durable.refresh();
    for (const claim of free) {
      if (!isWanted(claim)) continue;
      const key = claim.key as ClaimKey;
      if (cancelled.isOutdated(claim.record)) {
        over.push(claim);
        continue;
      }
      const name = nameOf(key.former ?? key.key);
      if (isHeld(claim.record.id)) {
        claimed.set(name, clock.now() + HELD_MS);
        continue;
      }
      claimed.set(name, untilMs);
      claims.push(claim);
      if (claims.length === max) break;
    }
    await storeLost();
    if (over.length > 0) await removeAll(over);
    return claims;
  }

  async function removeAll(claims: readonly DelayedClaim[]): Promise<void> {
    const keys = claims.map(({ key }) => key as ClaimKey);
    await durable.commit(() =>
      delays.batch(() => {
        for (const claim of keys) {
          if (claim.former) waiting.remove(claim.former);
          else delays.remove(claim.key, claim.version);
        }
      }),
    );
    for (const claim of keys) claimed.delete(nameOf(claim.former ?? claim.key));
  }

  const lost: { readonly key: Buffer; readonly value: Buffer; readonly remove: () => unknown }[] = [];

  function lose(key: Buffer, value: Buffer, remove: () => unknown, name: string): void {
    setAside.add(name);
    lost.push({ key, value, remove });
  }

  /** Keeps what was lost apart, and says so. */
  async function storeLost(): Promise<void> {
    if (lost.length === 0) return;
    const entries = lost.splice(0);
    await durable.commit(() =>
      damaged.batch(() => {
        for (const { key, value, remove } of entries) {
          damaged.put(key, value);
          remove();
        }
      }),
    );
    const names = entries.map(({ key, value }) => describeDamaged(key, value));
    reportProblem(damagedValues(join(folder, "kept"), "delayed events", names));
  }

  return {
    horizonMs: Number.POSITIVE_INFINITY,

    add: (delayed) =>
      stores.explained(async () => {
        await durable.commit(() =>
          delays.batch(() => {
            for (const entry of delayed) {
              delays.put(delayedKey(entry), encodeDelayed(entry), newVersion(clock));
            }
          }),
        );
      }),

    claimDue: (nowMs, max, leaseMs) =>
      stores.explained(async () => {
        if (!leadership.lead(nowMs, cancelled.noteClaim)) return [];
        durable.refresh();
        for (const [name, untilMs] of claimed) if (untilMs <= nowMs) claimed.delete(name);
        return take(freeUntil(nowMs, nowMs), max, nowMs + leaseMs);
      }),

    claimOf: ({ topic, subscription }, nowMs, max, leaseMs) =>
      stores.explained(async () => {
        durable.refresh();
        // Not the leader's alone: what it fires meanwhile may so be moved besides, but nothing is lost.
        const isOf = (one: Delayed) => one.topic === topic && one.record.subscription === subscription;
        return take(freeUntil(nowMs, LAST_MS), max, nowMs + leaseMs, isOf);
      }),

    groups: () =>
      stores.explained(async () => {
        durable.refresh();
        const groups = groupsOf(freeUntil(Number.POSITIVE_INFINITY, LAST_MS));
        await storeLost();
        return groups;
      }),

    find: (id) =>
      stores.explained(async () => {
        durable.refresh();
        return [...freeUntil(Number.POSITIVE_INFINITY, LAST_MS)].filter(({ record }) => record.id === id);
      }),

    renew: (claims, untilMs) =>
      stores.explained(async () => {
        for (const { key } of claims) {
          const claim = key as ClaimKey;
          const name = nameOf(claim.former ?? claim.key);
          if (claimed.has(name)) claimed.set(name, untilMs);
        }
        leadership.lead(clock.now(), cancelled.noteClaim);
      }),

    remove: (claims) => stores.explained(() => removeAll(claims)),

    cancel: (task, tooLateMs) => stores.explained(() => cancelled.cancel(task, tooLateMs)),

    reschedule: (task, dueAt, tooLateMs) => stores.explained(() => cancelled.reschedule(task, dueAt, tooLateMs)),

    outdated: (tasks) =>
      stores.explained(async () => {
        durable.refresh();
        return new Set(tasks.filter(cancelled.isOutdated).map(({ id }) => id));
      }),

    nextDueAt: () =>
      stores.explained(async () => {
        durable.refresh();
        const leader = leadership.otherLeader(clock.now());
        let next = Number.POSITIVE_INFINITY;
        for (const table of [former.keys({}), delays.getKeys({})]) {
          for (const key of table) {
            const name = nameOf(key);
            if (setAside.has(name)) continue;
            const leaseEnd = claimed.get(name);
            next = Math.min(next, leaseEnd ?? (Buffer.isBuffer(key) ? dueAtOfKey(key) : key[0]));
            if (leaseEnd === undefined) break;
          }
        }
        // While another process leads there is nothing to do here, however much is due.
        return leader ? Math.max(next, leader.untilMs) : next;
      }),

    async size() {
      durable.refresh();
      return waiting.getCount() + delays.getCount();
    },

    async close() {
      leadership.resign();
      await stores.close();
    },
  };
}
