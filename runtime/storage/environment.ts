import { mkdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { type Database, open, type RootDatabase } from "lmdb";
import { lengthen, missingBytes } from "./data-file-check.ts";
import type { OpenGate } from "./open-gate.ts";
import { StoreHeldError, storageCorrupt, storageError } from "./storage-error.ts";

/*
 * The only file that names LMDB. An environment is a folder of tables, shared by all processes of a machine. Writes to
 * one environment are either all asynchronous (LMDB's own thread, synced) or all synchronous: mixing the two makes lmdb
 * interrupt its own batches.
 */

export type { Database, RootDatabase };

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
  /** Whether a value is as it was written; called only where the file has lost its end. Default: what can be read is. */
  readonly isWhole?: (table: string, value: unknown) => boolean;
  /** What to do about damage. Default: restore the folder. */
  readonly mend?: string | undefined;
}

/** Opens an environment; to be called within `gate.open`. Throws a FivefoldError that says what is wrong with it. */
export async function openEnvironment<T extends object>(options: EnvironmentOptions<T>): Promise<Store<T>> {
  const { folder, gate, openTables, isWhole = () => true, mend } = options;
  const file = join(folder, "data.mdb");
  const damaged = (finding: string) => storageCorrupt(file, finding, mend);
  try {
    mkdirSync(folder, { recursive: true });
    const missing = missingBytes(file, damaged) ?? 0;
    if (missing > 0) lengthen(file, missing);
    const durability = options.synced ? { overlappingSync: false } : { noSync: true };
    const root = open({ ...durability, ...COMMON_OPTIONS, path: folder });
    if (missing === 0) return createStore(root, openTables(root), gate);

    const tables = attempt(() => openTables(root));
    if (tables && attempt(() => readAll(tables, isWhole))) return createStore(root, tables, gate);
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
    close: () => root.close(),
  };
}

/** Reads every value of every table. Throws, or returns false, where one is not as it was written. */
function readAll(tables: object, isWhole: (table: string, value: unknown) => boolean): boolean {
  for (const [name, table] of Object.entries(tables) as [string, Database<unknown, string>][]) {
    for (const { value } of table.getRange({})) if (!isWhole(name, value)) return false;
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
