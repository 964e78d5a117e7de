import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Database, openEnvironment, type Store } from "../../storage/environment.ts";
import type { OpenGate } from "../../storage/open-gate.ts";
import { REMAKE_CURSORS } from "../../storage/storage-error.ts";
import { EntryReader } from "./record-format.ts";

/*
 * Two environments:
 *
 * - the log: topics, entries, checkpoints. Every commit is synced before it is visible to anybody, so that nothing is
 *   ever handled that a power loss could take back.
 * - the cursors: who holds what. They outlive every process, but not a reboot of the machine, after which they are made
 *   anew from the log's checkpoints.
 */

const RESERVE_BYTES = 1024 * 1024;

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

/** To be called within `gate.open`. */
export function openLogStore(folder: string, gate: OpenGate): Promise<Store<LogTables>> {
  return openEnvironment({
    folder,
    gate,
    synced: true,
    openTables: (root): LogTables => ({
      topics: root.openDB<TopicRow, string>("topics", { encoding: "json" }),
      heads: root.openDB<Uint8Array, number>("heads", { encoding: "binary", keyEncoding: "uint32", useVersions: true }),
      entries: root.openDB<Uint8Array, Uint8Array>("entries", { encoding: "binary", keyEncoding: "binary" }),
      checkpoints: root.openDB<Uint8Array, string[]>("checkpoints", { encoding: "binary" }),
    }),
    isWhole: (table, value) => table !== "entries" || typeof EntryReader.open(value as Buffer, 0, 0) !== "string",
  });
}

/** To be called within `gate.open`. `outlivesReboot`: sync every change, for machines whose reboots cannot be told. */
export async function openCursorStore(
  folder: string,
  gate: OpenGate,
  outlivesReboot: boolean,
): Promise<Store<CursorTables>> {
  const isNew = !existsSync(join(folder, "data.mdb"));
  const store = await openEnvironment({
    folder,
    gate,
    synced: outlivesReboot,
    mend: REMAKE_CURSORS,
    openTables: (root): CursorTables => ({
      subscriptions: root.openDB<Uint8Array, string[]>("subscriptions", { encoding: "binary" }),
      sessions: root.openDB<unknown, number>("sessions", { encoding: "json", keyEncoding: "uint32" }),
      counters: root.openDB<number, string>("counters", { encoding: "json" }),
    }),
  });
  if (isNew) {
    // Leaves free pages in the file, so that acknowledging goes on when the disk is full.
    const { subscriptions } = store.tables;
    store.transact(() => subscriptions.putSync(["reserve"], Buffer.alloc(RESERVE_BYTES)));
    store.transact(() => subscriptions.removeSync(["reserve"]));
  }
  return store;
}
