import { Buffer } from "node:buffer";
import { existsSync, mkdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { type Database, open, type RootDatabase } from "lmdb";
import { lengthen, missingBytes } from "./data-file-check.ts";
import type { OpenGate } from "./open-gate.ts";
import { EntryReader } from "./record-format.ts";
import { REMAKE_CURSORS, storageCorrupt, storageError } from "./storage-error.ts";

/*
 * The only file that names LMDB. Two environments:
 *
 * - the log: topics, entries, checkpoints. Every commit is synced before it is visible to anybody, so that nothing is
 *   ever handled that a power loss could take back.
 * - the cursors: who holds what. They outlive every process, but not a reboot of the machine, and in exchange a change
 *   costs 13 µs where a synced one takes 500. After a reboot they are made anew from the log's checkpoints.
 *
 * Writes to the log are always asynchronous (LMDB's own thread), writes to the cursors always synchronous; mixing the
 * two on one environment makes lmdb interrupt its own batches.
 */

const RESERVE_BYTES = 1024 * 1024;

const COMMON_OPTIONS = {
  noSubdir: false,
  maxDbs: 8,
  /** Processes with the folder open at a time, roughly: each takes a slot or two. */
  maxReaders: 512,
  /** With it, lmdb rejects a promise that nobody has when a commit fails, which ends the process. */
  eventTurnBatching: false,
};

/** A topic as it is stored. Its partitions are numbered on from `firstPartition`. */
export interface TopicRow {
  readonly name: string;
  readonly firstPartition: number;
  readonly partitions: number;
}

export interface LogTables {
  readonly topics: Database<TopicRow, string>;
  /** By partition; the version is the offset of the next record, which makes an append a conditional write. */
  readonly heads: Database<Uint8Array, number>;
  /** By partition and offset of the first record. */
  readonly entries: Database<Uint8Array, Uint8Array>;
  /** By subscription: its state as it was a moment ago, and that it exists. */
  readonly checkpoints: Database<Uint8Array, string[]>;
}

export interface CursorTables {
  readonly subscriptions: Database<Uint8Array, string[]>;
  readonly sessions: Database<unknown, number>;
  readonly counters: Database<number, string>;
}

/** An LMDB environment with its tables. */
export interface Store<T> {
  readonly tables: T;
  /** Runs one asynchronous write, which may be a batch. Resolves with its result once it is committed. */
  commit<R>(write: () => Promise<R>): Promise<R>;
  /** Runs a synchronous transaction; what it throws undoes it. */
  transact<R>(change: () => R): R;
  /** Lets the next read see what others have written since. */
  refresh(): void;
  /** Frees what the reads of dead processes keep from being used again. */
  forgetDeadReaders(): void;
  close(): Promise<void>;
}

/** To be called within `gate.open`. */
export function openLogStore(folder: string, gate: OpenGate): Promise<Store<LogTables>> {
  return openChecked(folder, gate, { overlappingSync: false }, (root) => ({
    topics: root.openDB<TopicRow, string>("topics", { encoding: "json" }),
    heads: root.openDB<Uint8Array, number>("heads", { encoding: "binary", keyEncoding: "uint32", useVersions: true }),
    entries: root.openDB<Uint8Array, Uint8Array>("entries", { encoding: "binary", keyEncoding: "binary" }),
    checkpoints: root.openDB<Uint8Array, string[]>("checkpoints", { encoding: "binary" }),
  }));
}

/** To be called within `gate.open`. `outlivesReboot`: sync every change, for machines whose reboots cannot be told. */
export async function openCursorStore(
  folder: string,
  gate: OpenGate,
  outlivesReboot: boolean,
): Promise<Store<CursorTables>> {
  const isNew = !existsSync(join(folder, "data.mdb"));
  const options = outlivesReboot ? { overlappingSync: false as const } : { noSync: true as const };
  const store = await openChecked(folder, gate, { ...options, mend: REMAKE_CURSORS }, (root) => ({
    subscriptions: root.openDB<Uint8Array, string[]>("subscriptions", { encoding: "binary" }),
    sessions: root.openDB<unknown, number>("sessions", { encoding: "json", keyEncoding: "uint32" }),
    counters: root.openDB<number, string>("counters", { encoding: "json" }),
  }));
  if (isNew) {
    // Leaves free pages in the file, so that acknowledging goes on when the disk is full.
    const { subscriptions } = store.tables;
    store.transact(() => subscriptions.putSync(["reserve"], Buffer.alloc(RESERVE_BYTES)));
    store.transact(() => subscriptions.removeSync(["reserve"]));
  }
  return store;
}

async function openChecked<T extends object>(
  folder: string,
  gate: OpenGate,
  { mend, ...options }: ({ overlappingSync: false } | { noSync: true }) & { mend?: string },
  openTables: (root: RootDatabase) => T,
): Promise<Store<T>> {
  const file = join(folder, "data.mdb");
  const damaged = (finding: string) => storageCorrupt(file, finding, mend);
  try {
    mkdirSync(folder, { recursive: true });
    const missing = missingBytes(file, damaged) ?? 0;
    if (missing > 0) lengthen(file, missing);
    const root = open({ ...options, ...COMMON_OPTIONS, path: folder });
    if (missing === 0) return createStore(root, openTables(root), gate);

    const tables = attempt(() => openTables(root));
    if (tables && attempt(() => readAll(tables))) return createStore(root, tables, gate);
    const { size } = statSync(file);
    await root.close();
    truncateSync(file, size - missing);
    throw damaged(`${missing} bytes are missing at its end, and records with them`);
  } catch (error) {
    throw storageError(error, folder, mend);
  }
}

function createStore<T>(root: RootDatabase, tables: T, gate: OpenGate): Store<T> {
  return {
    tables,
    async commit(write) {
      try {
        return await gate.changeAsync(write);
      } catch (error) {
        // lmdb's promise only says that the commit failed; the reason is in another one.
        if (error instanceof Error && "commitError" in error) await error.commitError;
        throw error;
      }
    },
    transact: (change) => gate.change(() => root.transactionSync(change)),
    refresh: () => root.resetReadTxn(),
    forgetDeadReaders: () => {
      root.readerCheck();
    },
    close: () => root.close(),
  };
}

/** Reads every value of every table. Throws, or returns false, where one is not as it was written. */
function readAll(tables: object): boolean {
  for (const [name, table] of Object.entries(tables) as [string, Database<unknown, string>][]) {
    for (const { value } of table.getRange({})) {
      if (name === "entries" && typeof EntryReader.open(value as Buffer, 0, 0) === "string") return false;
    }
  }
  return true;
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
