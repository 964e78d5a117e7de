import { mkdirSync } from "node:fs";
import { type Database, type Key, open, type RootDatabase } from "lmdb";
import { storageError } from "./storage-errors.ts";

/*
 * Ordered tables in a folder, on LMDB: what the embedded adapters of the delay store and the dedupe store stand on.
 */

/** One ordered table. Keys are arrays of strings and numbers, in their natural order. */
export interface Table<K extends Key, V> {
  get(key: K): V | undefined;
  put(key: K, value: V): void;
  remove(key: K): void;
  /** From `start` (inclusive) to `end` (exclusive); a shorter array stands before all that it begins. */
  range(bounds: { start?: Key; end?: Key; limit?: number }): Iterable<{ key: K; value: V }>;
  count(): number;
}

export interface Storage {
  table<K extends Key, V>(name: string): Table<K, V>;
  /** Runs `change` in a transaction that no other process interleaves; resolves with its result once it is stored. */
  write<T>(change: () => T): Promise<T>;
  close(): Promise<void>;
}

export interface StorageOptions {
  /** Created when missing. */
  readonly folder: string;
  /**
   * Whether a write resolves only after fsync. Without, writes survive the crash of any process, and a power loss may
   * undo the last ones (never damage the rest).
   */
  readonly syncBeforeResolve: boolean;
}

function createTable<K extends Key, V>(database: Database<V, K>): Table<K, V> {
  return {
    get: (key) => database.get(key),
    put: (key, value) => {
      void database.put(key, value);
    },
    remove: (key) => {
      void database.remove(key);
    },
    range: (bounds) => database.getRange(bounds),
    count: () => database.getCount(),
  };
}

/** Opens a folder of tables. Throws a FivefoldError (`storage-unwritable`, `storage-corrupt`, `storage-full`). */
export function openStorage({ folder, syncBeforeResolve }: StorageOptions): Storage {
  let root: RootDatabase;
  try {
    mkdirSync(folder, { recursive: true });
    root = open({ path: folder, noSubdir: false, overlappingSync: !syncBeforeResolve, maxDbs: 8 });
  } catch (error) {
    throw storageError(error, folder);
  }
  return {
    table: <K extends Key, V>(name: string) => createTable<K, V>(root.openDB<V, K>({ name })),
    async write(change) {
      try {
        return await root.transaction(change);
      } catch (error) {
        throw storageError(error, folder);
      }
    },
    close: () => root.close(),
  };
}
