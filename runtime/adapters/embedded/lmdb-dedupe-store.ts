import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Clock } from "../../contract/clock.ts";
import type { ReportProblem } from "../../contract/contract.ts";
import type { DedupeRequest, DedupeStore, Reservation, Reserved } from "../../frontend/dedupe-store.ts";
import { damagedValues } from "../storage-error.ts";
import { textKey } from "../text-key.ts";
import { type Database, decodeKey } from "./lmdb/environment.ts";
import { openPairedStores } from "./lmdb/paired-stores.ts";

/** What is stored of an id: JSON, of which an earlier release reads what it knows, and leaves out what it doesn't. */
interface Entry {
  /** The task's id. */
  readonly id: string;
  /** When its lease ends; of an accepted one, when it is forgotten. */
  readonly untilMs: number;
  /** The enqueue that holds a reservation. Absent in those of earlier releases: `id`. */
  readonly holder?: string;
  /** When a reservation's task id is forgotten. */
  readonly keptUntilMs?: number;
  /** CRC-32 of key and entry, without what follows. Absent in those of earlier releases. */
  readonly sum?: number;
  /** The task's. Absent in those of earlier releases, and where they wrote the entry anew. */
  readonly content?: string | undefined;
  /** CRC-32 of task and content: earlier releases check `sum` as they know it. */
  readonly contentSum?: number;
}

type EntryKey = [useCase: string, dedupeId: string];
type ExpiryKey = [untilMs: number, ...EntryKey];

/** What lmdb keeps before a value, and how it marks such a table. */
const VERSION_BYTES = 8;
const WITH_VERSIONS = 0x100;
const EXPIRES = Buffer.from("true");
const SWEEP_BATCH = 1_000;
/** Longer ids were hashed otherwise by releases before 0.2. */
const LONGEST_FORMER_ID = 200;

type Id = Pick<DedupeRequest, "useCase" | "dedupeId">;

function keyOf({ useCase, dedupeId }: Id): EntryKey {
  return [useCase, textKey(dedupeId)];
}

/** Where releases before 0.2 kept a long id. */
function formerKeyOf({ useCase, dedupeId }: Id): EntryKey | undefined {
  if (dedupeId.length <= LONGEST_FORMER_ID) return undefined;
  return [useCase, `sha256:${createHash("sha256").update(dedupeId).digest("base64url")}`];
}

function sumOf(key: EntryKey, { id, untilMs, holder, keptUntilMs }: Entry): number {
  return crc32(JSON.stringify([key, id, untilMs, holder, keptUntilMs]));
}

/** The task's id belongs to one key alone, which `sum` sees to. */
const contentSumOf = ({ id, content }: Entry): number => crc32(`${id} ${content}`);

function withSum(key: EntryKey, entry: Entry): Entry {
  const sum = sumOf(key, entry);
  return entry.content === undefined ? { ...entry, sum } : { ...entry, sum, contentSum: contentSumOf(entry) };
}

function isWhole(key: EntryKey, entry: Entry): boolean {
  const isEntry = typeof entry?.id === "string" && typeof entry.untilMs === "number";
  if (!isEntry || (entry.sum !== undefined && entry.sum !== sumOf(key, entry))) return false;
  return entry.content === undefined || entry.contentSum === contentSumOf(entry);
}

const nameOf = ([useCase, dedupeId]: EntryKey): string => `the id '${dedupeId}' of '${useCase}'`;

/** Whether an accepted id is as it was written, by what lies in the file: a version, and JSON. */
function isWholeAccepted(key: Buffer, value: Buffer): boolean {
  try {
    return isWhole(decodeKey(key) as EntryKey, JSON.parse(value.toString("utf8", VERSION_BYTES)));
  } catch {
    return false;
  }
}

/**
 * Opens a dedupe store in a folder, for all processes of one machine. An id is accepted durably before its reservation
 * goes, so whoever asks for it finds the one or the other. Reservations outlive every process, but not a reboot.
 *
 * A value that is not as it was written is forgotten and reported: its id can be accepted once more.
 */
export async function openLmdbDedupeStore(
  folder: string,
  clock: Clock,
  reportProblem: ReportProblem = (problem) => process.emitWarning(problem),
): Promise<DedupeStore> {
  const stores = await openPairedStores({
    folder,
    clock,
    durable: (root) => ({
      /** The version is the entry's end, which makes its removal a conditional write. */
      accepted: root.openDB<Entry, EntryKey>("accepted", { encoding: "json", useVersions: true }),
      expiries: root.openDB<true, ExpiryKey>("expiries", { encoding: "json" }),
    }),
    volatile: (root) => ({ reservations: root.openDB<Entry, EntryKey>("reservations", { encoding: "json" }) }),
    nameDamaged: (table, key, value) =>
      table !== "accepted" || isWholeAccepted(key, value) ? undefined : nameOf(decodeKey(key) as EntryKey),
    tellTable(key, value) {
      if (value.equals(EXPIRES)) return { table: "expiries", flags: 0 };
      return isWholeAccepted(key, value) ? { table: "accepted", flags: WITH_VERSIONS } : undefined;
    },
    reportProblem,
  });
  const { durable, volatile } = stores;
  const { accepted, expiries } = durable.tables;
  const { reservations } = volatile.tables;
  /** Ids whose values were found damaged, to be told once the call is done. */
  const damaged = new Set<string>();

  function read(table: Database<Entry, EntryKey>, key: EntryKey): Entry | undefined {
    try {
      const entry = table.get(key);
      if (entry === undefined || isWhole(key, entry)) return entry;
    } catch {
      // No JSON any more.
    }
    damaged.add(nameOf(key));
    return undefined;
  }

  function tellDamaged(): void {
    if (damaged.size === 0) return;
    reportProblem(damagedValues(folder, "dedupe ids", [...damaged]));
    damaged.clear();
  }

  /** What an id was accepted as, where that is still known. */
  function acceptedAs(id: Id, nowMs: number): Entry | undefined {
    const former = formerKeyOf(id);
    const found = read(accepted, keyOf(id)) ?? (former && read(accepted, former));
    return found && found.untilMs > nowMs ? found : undefined;
  }

  function reserveOne(request: DedupeRequest, nowMs: number, leaseMs: number, keepMs: number): Reservation {
    const key = keyOf(request);
    const found = acceptedAs(request, nowMs);
    if (found) return { kind: "duplicate", id: found.id, content: found.content };
    const held = read(reservations, key);
    if ((held?.untilMs ?? 0) > nowMs) return { kind: "pending" };
    const isKept = held !== undefined && (held.keptUntilMs ?? 0) > nowMs;
    const { id, content } = isKept ? held : request;
    const keptUntilMs = isKept ? held.keptUntilMs! : nowMs + keepMs;
    reservations.putSync(key, withSum(key, { id, untilMs: nowMs + leaseMs, holder: request.id, keptUntilMs, content }));
    return isKept ? { kind: "reserved", id, content } : { kind: "reserved" };
  }

  /** The caller's own reservation, where nobody took it over. */
  function heldBy(reserved: Reserved): { key: EntryKey; entry: Entry } | undefined {
    const key = keyOf(reserved);
    const entry = read(reservations, key);
    return entry && (entry.holder ?? entry.id) === reserved.id ? { key, entry } : undefined;
  }

  /** Ends the caller's reservations; says of each whether the caller still held it. */
  function end(reserved: readonly Reserved[]): boolean[] {
    return volatile.transact(() =>
      reserved.map((one) => {
        const held = heldBy(one);
        if (held) reservations.removeSync(held.key);
        return held !== undefined;
      }),
    );
  }

  function renew(reserved: readonly Reserved[], untilMs: number): void {
    volatile.transact(() => {
      for (const one of reserved) {
        const held = heldBy(one);
        if (held) reservations.putSync(held.key, withSum(held.key, { ...held.entry, untilMs }));
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
          expiries.remove(expiry);
          const [untilMs, ...key] = expiry;
          // Of a damaged key nothing is known but that it is there.
          const isWholeKey =
            typeof untilMs === "number" && key.length === 2 && key.every((part) => typeof part === "string");
          // Unless it was accepted anew since.
          if (isWholeKey) accepted.remove(key, untilMs);
        }
      }),
    );
    return lapsed.length;
  }

  function sweepReservations(nowMs: number): number {
    return volatile.transact(() => {
      const lapsed: EntryKey[] = [];
      for (const key of reservations.getKeys({})) {
        const entry = read(reservations, key);
        if (Math.max(entry?.untilMs ?? 0, entry?.keptUntilMs ?? 0) <= nowMs) lapsed.push(key);
        if (lapsed.length === SWEEP_BATCH) break;
      }
      for (const key of lapsed) reservations.removeSync(key);
      return lapsed.length;
    });
  }

  return {
    reserve: (requests, nowMs, leaseMs, keepMs = leaseMs) =>
      stores.explained(async () => {
        const answers = volatile.transact(() => {
          durable.refresh();
          return requests.map((request) => reserveOne(request, nowMs, leaseMs, keepMs));
        });
        tellDamaged();
        return answers;
      }),

    find: (request, nowMs) =>
      stores.explained(async () => {
        durable.refresh();
        const found = acceptedAs(request, nowMs)?.id;
        tellDamaged();
        return found;
      }),

    renew: (reserved, untilMs) => stores.explained(async () => renew(reserved, untilMs)),

    confirm: (reserved, untilMs) =>
      stores.explained(async () => {
        durable.refresh();
        const whole = Math.ceil(untilMs);
        await durable.commit(() =>
          accepted.batch(() => {
            for (const one of reserved) {
              const key = keyOf(one);
              // What another task of this id was accepted as meanwhile stays.
              const found = read(accepted, key);
              const isKept = found !== undefined && found.untilMs > clock.now();
              const { id, content } = isKept ? found : { id: one.task ?? one.id, content: one.content };
              accepted.put(key, withSum(key, { id, untilMs: whole, content }), whole);
              expiries.put([whole, ...key], true);
            }
          }),
        );
        return end(reserved);
      }),

    release: (reserved) =>
      stores.explained(async () => {
        const fresh = reserved.filter(({ id, task = id }) => task === id);
        end(fresh);
        // An earlier enqueue may have published these.
        renew(
          reserved.filter((one) => !fresh.includes(one)),
          0,
        );
      }),

    sweep: (nowMs) =>
      stores.explained(async () => {
        const swept = (await sweepAccepted(nowMs)) + sweepReservations(nowMs);
        tellDamaged();
        return swept;
      }),

    close: () => stores.close(),
  };
}
