import { Buffer } from "node:buffer";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import * as lmdb from "lmdb";
import { type Database, open, type RootDatabase } from "lmdb";
import type { ReportProblem } from "../../../contract/contract.ts";
import { StoreHeldError, storageError, storageSalvaged } from "../../storage-error.ts";
import type { OpenGate } from "./open-gate.ts";
import { type FileRules, inspectLmdbFile, salvageLmdbFile, setAside } from "./salvage.ts";
import { isKnownSound, noteSound } from "./sound-files.ts";

/*
 * The only file that names LMDB. An environment is a folder of tables, shared by all processes of a machine. Writes to
 * one environment are either all asynchronous (LMDB's own thread, synced) or all synchronous: mixing the two makes lmdb
 * interrupt its own batches.
 */

export type { Database, RootDatabase };

/** A key as it was given, from the bytes that lmdb makes of it. */
export function decodeKey(bytes: Buffer): unknown {
  // Its types leave this one out.
  const { bufferToKeyValue } = lmdb as unknown as { readonly bufferToKeyValue: (bytes: Buffer) => unknown };
  return bufferToKeyValue(bytes);
}

const COMMON_OPTIONS = {
  noSubdir: false,
  maxDbs: 8,
  /** Processes with the folder open at a time, roughly: each takes a slot or two. */
  maxReaders: 512,
  /** With it, lmdb rejects a promise that nobody has when a commit fails, which ends the process. */
  eventTurnBatching: false,
};

/** An LMDB environment with its tables. */
export interface Store<T> {
  readonly tables: T;
  /** Runs one asynchronous write, which may be a batch. Resolves with its result once it is committed. */
  commit<R>(write: () => Promise<R>): Promise<R>;
  /** Runs a synchronous transaction; what it throws undoes it. Throws a `StoreHeldError` where others are in the way. */
  transact<R>(change: () => R): R;
  /** Resolves once others are out of the way of a `transact`. */
  untilFree(): Promise<void>;
  /** Runs what holds a `transact`, at once, and again from its start as long as others are in the way. */
  whenFree<R>(run: () => R): Promise<R>;
  /** Lets the next read see what others have written since. */
  refresh(): void;
  /** Frees what the reads of dead processes keep from being used again. */
  forgetDeadReaders(): void;
  close(): Promise<void>;
}

export interface EnvironmentOptions<T> {
  /** Created where it is missing. */
  readonly folder: string;
  readonly gate: OpenGate;
  /**
   * Whether a change is on the disk before it is visible. Without, it outlives every process, but not a reboot of the
   * machine, and costs 13 µs where a synced one takes 500.
   */
  readonly synced: boolean;
  readonly openTables: (root: RootDatabase) => T;
  /** What is known of its records: to tell damage, and to save what can be read. */
  readonly rules: FileRules;
  /** What it means that this is made anew; what can't be made anew is saved record by record. */
  readonly madeAnew?: string | undefined;
  readonly reportProblem: ReportProblem;
}

/**
 * Opens an environment; to be called within `gate.open`, with what that tells: whether nobody has it open. Then the file
 * is looked at first, and a damaged one is kept beside a fresh one that takes its place; `isSalvaged` says so.
 */
export async function openEnvironment<T extends object>(
  options: EnvironmentOptions<T>,
  isAlone: boolean,
): Promise<Store<T> & { readonly isSalvaged: boolean }> {
  const { folder, gate, openTables } = options;
  try {
    mkdirSync(folder, { recursive: true });
    const isSalvaged = isAlone && mendFile(options);
    const durability = options.synced ? { overlappingSync: false } : { noSync: true };
    const root = open({ ...durability, ...COMMON_OPTIONS, path: folder });
    return { ...createStore(root, openTables(root), gate, join(folder, "data.mdb")), isSalvaged };
  } catch (error) {
    throw storageError(error, folder);
  }
}

/** Sees to it that LMDB can open the file. Says whether something of it was lost. */
function mendFile<T>({ folder, rules, madeAnew, reportProblem }: EnvironmentOptions<T>): boolean {
  const file = join(folder, "data.mdb");
  // Nobody holds a lock; a damaged one would hold up all.
  rmSync(join(folder, "lock.mdb"), { force: true });
  if (!existsSync(file) || (rules.isSure !== false && isKnownSound(file))) return false;
  const { findings, missingBytes } = inspectLmdbFile(file, rules);
  if (findings.length === 0) {
    if (missingBytes > 0) lengthen(file, missingBytes);
    return false;
  }
  if (madeAnew === undefined) {
    const { aside, lost } = salvageLmdbFile(file, rules);
    reportProblem(storageSalvaged(file, findings, "what can be read of it was saved into a new file", lost, aside));
  } else {
    const aside = setAside(file);
    reportProblem(storageSalvaged(file, findings, "it was made anew", [madeAnew], aside));
  }
  return true;
}

function createStore<T>(root: RootDatabase, tables: T, gate: OpenGate, file: string): Store<T> {
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
    untilFree: gate.untilFree,
    async whenFree(run) {
      for (;;) {
        try {
          return run();
        } catch (error) {
          if (!(error instanceof StoreHeldError)) throw error;
        }
        await gate.untilFree();
      }
    },
    refresh: () => root.resetReadTxn(),
    forgetDeadReaders: () => {
      root.readerCheck();
    },
    async close() {
      await root.close();
      if (gate.isAlone()) noteSound(file);
    },
  };
}

/**
 * Lengthens a file, so that no read of a mapped page can end the process: LMDB leaves out pages at the end that it
 * allocated and freed in one transaction.
 */
function lengthen(file: string, bytes: number): void {
  const descriptor = openSync(file, "a");
  try {
    const zeros = Buffer.alloc(Math.min(bytes, 1 << 20));
    for (let left = bytes; left > 0; left -= zeros.length)
      writeSync(descriptor, zeros, 0, Math.min(left, zeros.length));
  } finally {
    closeSync(descriptor);
  }
}
