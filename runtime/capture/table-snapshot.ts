import type { Columns } from "./change-source.ts";
import type { Lsn } from "./position.ts";
import { createSnapshotWindow, parseVisibility, type SnapshotWindow, type Visibility } from "./snapshot-window.ts";
import { type CapturedTable, type FoundTable, quoted, type Read, sqlName } from "./source-table.ts";

/** Rows of one chunk. */
const CHUNK = 2_000;
/** What the log has as the prefix of the capture's own messages. */
export const MARK_PREFIX = "fivefold";
/** A column's name that no table has. */
const SEEN = "~fivefold-seen";

/** How far a table's snapshot is, as it is stored. */
export interface SnapshotState {
  readonly done: boolean;
  /** The key of the last row that was told. Absent: none was. */
  readonly after?: readonly string[];
  /** Whether all keys were gone through. */
  readonly isThrough?: boolean;
  /** Keys of rows that are told again, in whole, since a change told them in part. */
  readonly again?: readonly Key[];
}

type Key = readonly string[];

interface Chunk {
  /** What the log tells once it has told all that the chunk saw. */
  readonly mark: string;
  readonly rows: ReadonlyMap<string, Columns>;
  readonly seen: Visibility | undefined;
  /** Where it goes on; absent: these were rows to be told again. */
  readonly next?: { readonly isThrough: boolean; readonly after?: Key };
}

/**
 * Tells the rows that are there, a chunk at a time, between the changes that the log tells (as DBLog does): a chunk is read,
 * a mark is written into the log, and where the log comes to the mark, those of its rows are told that are no older than what
 * the log has told by then. No lock, and no long transaction.
 */
export interface TableSnapshot {
  readonly state: SnapshotState;
  readonly isDone: boolean;
  readonly window: SnapshotWindow;
  keyOf(row: Columns): string;
  /**
   * A change told this row without a large value, which it left as it was. Whether that was told before is not known yet, so
   * the row is read.
   */
  toldInPart(row: Columns): void;
  /** Reads the next chunk, unless one is under way. */
  readOn(): void;
  /** The rows to be told where the log has that mark; undefined: it is not the mark of what was read. */
  marked(content: string): readonly Columns[] | undefined;
}

export interface TableSnapshotOptions {
  readonly table: CapturedTable;
  readonly found: FoundTable;
  readonly state: SnapshotState;
  readonly read: Read;
  /** Unique to the process. */
  readonly id: string;
  readonly failed: (error: unknown) => void;
}

export function createTableSnapshot({ table, found, id, ...options }: TableSnapshotOptions): TableSnapshot {
  const names = found.key.map(({ name }) => name);
  const window = createSnapshotWindow();
  let { after, isThrough = false, done } = options.state;
  const again = new Map((options.state.again ?? []).map((key) => [JSON.stringify(key), key]));
  let readAgain: readonly Key[] = [];
  let chunk: Chunk | undefined;
  let isReading = false;
  let count = 0;

  const keyValues = (row: Columns): Key => names.map((name) => row[name]!);
  const keyOf = (row: Columns) => JSON.stringify(keyValues(row));

  async function readChunk(): Promise<void> {
    const part = again.size > 0 ? await readThose() : await readFurther();
    const [first] = part.rows;
    chunk = {
      ...part,
      mark: `${id} ${count++}`,
      rows: new Map(part.rows.map((row) => [keyOf(row), row])),
      seen: first && parseVisibility(first[SEEN]!),
    };
    await options.read("SELECT pg_logical_emit_message(true, $1, $2)", [MARK_PREFIX, chunk.mark]);
  }

  async function readThose() {
    readAgain = [...again.values()].slice(0, CHUNK);
    for (const key of readAgain) again.delete(JSON.stringify(key));
    const columns = names.map((_, i) => readAgain.map((key) => key[i]!));
    return { rows: await options.read(thoseQuery(table, found), columns) };
  }

  async function readFurther() {
    const rows = await options.read(furtherQuery(table, found, after !== undefined), after ?? []);
    const last = rows.at(-1);
    const key = last ? keyValues(last) : after;
    return { rows, next: { isThrough: rows.length < CHUNK, ...(key && { after: key }) } };
  }

  return {
    get state() {
      const left = [...readAgain, ...again.values()];
      return { done, isThrough, ...(after && { after }), ...(left.length > 0 && { again: left }) };
    },
    get isDone() {
      return done;
    },
    window,
    keyOf,
    toldInPart(row) {
      again.set(keyOf(row), keyValues(row));
    },
    readOn() {
      if (isReading || done) return;
      isReading = true;
      readChunk().catch(options.failed);
    },
    marked(content) {
      if (chunk?.mark !== content) return undefined;
      const { rows, seen, next } = chunk;
      chunk = undefined;
      isReading = false;
      readAgain = [];
      if (next) ({ isThrough, after = after } = next);
      done = isThrough && again.size === 0;
      if (seen === undefined) return [];
      const newest = window.newest([...rows.keys()], seen);
      return Array.from(rows).flatMap(([key, row]) => (newest.has(key) ? [row] : []));
    },
  };
}

/** The rows behind a key, or the first ones. */
function furtherQuery(table: CapturedTable, found: FoundTable, isFurther: boolean): string {
  const { key } = found;
  const order = key.map(({ name }) => quoted(name)).join(", ");
  const values = key.map(({ type }, i) => `$${i + 1}::${type}`).join(", ");
  const where = isFurther ? `WHERE (${order}) > (${values})` : "";
  return `${selection(table, found)} ${where} ORDER BY ${order} LIMIT ${CHUNK}`;
}

/** The rows with those keys. */
function thoseQuery(table: CapturedTable, found: FoundTable): string {
  const { key } = found;
  const names = key.map(({ name }) => quoted(name)).join(", ");
  const values = key.map(({ type }, i) => `$${i + 1}::${type}[]`).join(", ");
  return `${selection(table, found)} WHERE (${names}) IN (SELECT * FROM unnest(${values}))`;
}

function selection(table: CapturedTable, { key, columns }: FoundTable): string {
  const keyNames = key.map(({ name }) => name);
  const there = new Set(columns.map(({ name }) => name));
  const read = table.columns.map(({ name }) => name).filter((name) => there.has(name) && !keyNames.includes(name));
  const list = [...keyNames, ...read].map(quoted).join(", ");
  return `SELECT pg_current_snapshot()::text AS ${quoted(SEEN)}, ${list} FROM ${sqlName(table)}`;
}

/** Where what a slot has told may be confirmed, while rows of a snapshot are still to come. */
export function confirmableOf({ isDone, window }: TableSnapshot, confirmed: Lsn): Lsn {
  return isDone ? confirmed : window.confirmable(confirmed);
}
