import { Buffer } from "node:buffer";
import type { ReportProblem } from "../../../contract/contract.ts";
import { type Database, openEnvironment, type Store } from "../lmdb/environment.ts";
import type { OpenGate } from "../lmdb/open-gate.ts";
import { cursorRules } from "./cursor-rules.ts";
import { logRules } from "./log-rules.ts";
import type { TopicRow } from "./topic-row.ts";

/*
 * Two environments:
 *
 * - the log: topics, entries, checkpoints. Every commit is synced before it is visible to anybody, so that nothing is
 *   ever handled that a power loss could take back.
 * - the cursors: who holds what. They outlive every process, but not a reboot of the machine, after which they are made
 *   anew from the log's checkpoints.
 */

const RESERVE_BYTES = 1024 * 1024;

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
  /** By topic, subscription, partition and index: chunks of what is open, of which subscriptions tell. */
  readonly openChunks: Database<Uint8Array, (string | number)[]>;
  readonly sessions: Database<unknown, number>;
  readonly counters: Database<number, string>;
}

export interface Opening {
  readonly gate: OpenGate;
  /** Whether nobody else has the folder open: what `gate.open` tells. */
  readonly isAlone: boolean;
  readonly reportProblem: ReportProblem;
}

/** To be called within `gate.open`. `isSalvaged`: it was damaged, and some of it may be lost. */
export function openLogStore(
  folder: string,
  { gate, isAlone, reportProblem }: Opening,
): Promise<Store<LogTables> & { readonly isSalvaged: boolean }> {
  return openEnvironment(
    {
      ...{ folder, gate, reportProblem, synced: true, rules: logRules() },
      openTables: (root): LogTables => ({
        topics: root.openDB<TopicRow, string>("topics", { encoding: "json" }),
        heads: root.openDB<Uint8Array, number>("heads", {
          ...{ encoding: "binary", keyEncoding: "uint32", useVersions: true },
        }),
        entries: root.openDB<Uint8Array, Uint8Array>("entries", { encoding: "binary", keyEncoding: "binary" }),
        checkpoints: root.openDB<Uint8Array, string[]>("checkpoints", { encoding: "binary" }),
      }),
    },
    isAlone,
  );
}

/**
 * To be called within `gate.open`. `outlivesReboot`: sync every change, for machines whose reboots cannot be told.
 * `isOfOtherLog`: something of the log was lost, so that offsets may mean other records.
 */
export async function openCursorStore(
  folder: string,
  { gate, isAlone, reportProblem }: Opening,
  { outlivesReboot, isOfOtherLog }: { outlivesReboot: boolean; isOfOtherLog: boolean },
): Promise<Store<CursorTables>> {
  const store = await openEnvironment(
    {
      ...{ folder, gate, reportProblem, synced: outlivesReboot, rules: cursorRules(isOfOtherLog) },
      madeAnew:
        "what was acknowledged in the last half second before, which is delivered once more; all else is made anew from the log",
      openTables: (root): CursorTables => ({
        subscriptions: root.openDB<Uint8Array, string[]>("subscriptions", { encoding: "binary" }),
        openChunks: root.openDB<Uint8Array, (string | number)[]>("open-chunks", { encoding: "binary" }),
        sessions: root.openDB<unknown, number>("sessions", { encoding: "json", keyEncoding: "uint32" }),
        counters: root.openDB<number, string>("counters", { encoding: "json" }),
      }),
    },
    isAlone,
  );
  const { subscriptions, counters } = store.tables;
  if (counters.get("reserved") === undefined) {
    // Leaves free pages in the file, so that acknowledging goes on when the disk is full.
    store.transact(() => subscriptions.putSync(["reserve"], Buffer.alloc(RESERVE_BYTES)));
    store.transact(() => {
      subscriptions.removeSync(["reserve"]);
      counters.putSync("reserved", 1);
    });
  }
  return store;
}
