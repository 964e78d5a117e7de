import { FivefoldError } from "../contract/errors.ts";
import type { Columns } from "./change-source.ts";

/** What a column is read as. */
export type ColumnType = "text" | "number" | "bigint" | "boolean" | "date" | "bytes" | "json";

/** A column that a use case's function reads, as its row's type says. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Whether it is a list of these. */
  readonly list: boolean;
  readonly nullable: boolean;
  /** Whether it may be absent: an update leaves a large value as it was, and does not tell it again. */
  readonly optional: boolean;
}

/** A row as a use case's function is given it. */
export type Row = Readonly<Record<string, unknown>>;

/** Whose columns are read, for messages. */
export interface ReadTable {
  readonly useCase: string;
  /** `sales.invoices` */
  readonly table: string;
  readonly columns: readonly Column[];
}

/** All columns of a row. Throws a FivefoldError (`source-mismatch`) that names the column. */
export function readRow(table: ReadTable, columns: Columns): Row {
  const row: Record<string, unknown> = {};
  for (const column of table.columns) {
    const text = columns[column.name];
    if (text === undefined) {
      if (column.optional) continue;
      throw untold(table, column, column.name in columns);
    }
    row[column.name] = readColumn(table, column, text);
  }
  return row;
}

/** The columns that are known of a row: its key, at least. */
export function readKnown(table: ReadTable, columns: Columns): Row {
  const row: Record<string, unknown> = {};
  for (const column of table.columns) {
    const text = columns[column.name];
    if (text === undefined || (text === null && !column.nullable)) continue;
    row[column.name] = readColumn(table, column, text);
  }
  return row;
}

function readColumn(table: ReadTable, column: Column, text: string | null): unknown {
  if (text === null) {
    if (column.nullable) return null;
    throw mismatch(table, column, "NULL", `Declare it as \`${column.name}: … | null\`, or set the column NOT NULL.`);
  }
  if (!column.list) return readValue(table, column, text);
  return readList(table, column, text).map((item) => {
    if (item === null) throw mismatch(table, column, `a list with NULL in it: ${shown(text)}`, "Read it as `string`.");
    return readValue(table, column, item);
  });
}

function readValue(table: ReadTable, column: Column, text: string): unknown {
  const value = VALUES[column.type](text);
  if (value !== undefined) return value;
  throw mismatch(table, column, shown(text), FIXES[column.type]);
}

/** Undefined: the text is no such value. */
const VALUES: Readonly<Record<ColumnType, (text: string) => unknown>> = {
  text: (text) => text,
  number(text) {
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) return undefined;
    // A whole number that a double has not would come as another one.
    return Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(text) ? undefined : value;
  },
  bigint: (text) => (/^-?\d+$/.test(text) ? BigInt(text) : undefined),
  boolean: (text) => (text === "t" ? true : text === "f" ? false : undefined),
  date: readDate,
  bytes: (text) => (text.startsWith("\\x") ? new Uint8Array(Buffer.from(text.slice(2), "hex")) : undefined),
  json(text) {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  },
};

const FIXES: Readonly<Record<ColumnType, string>> = {
  text: "",
  number: "Read it as `bigint` or `string`.",
  bigint: "Read it as `string`.",
  boolean: "Read it as `string`.",
  date: "Read it as `string`: infinity and years before Christ are no Date.",
  bytes: "Read it as `string`.",
  json: "Read it as `string`.",
};

const TIME = /^(\d{4,6})-(\d\d)-(\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:([+-]\d\d)(?::?(\d\d))?)?)?$/;

const USUAL_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00$/;

/** A time without a zone is taken as UTC, and cut to the ms. */
function readDate(text: string): Date | undefined {
  // As most are; the rest takes four times as long.
  if (USUAL_TIME.test(text)) {
    const date = new Date(`${text.slice(0, 10)}T${text.slice(11, Math.min(23, text.length - 3))}Z`);
    if (!Number.isNaN(date.getTime())) return date;
  }
  const found = TIME.exec(text);
  if (!found) return undefined;
  const [, year = "", month, day, time = "00:00:00", fraction = "", hours, minutes = "00"] = found;
  const written = year.length > 4 ? `+${year.padStart(6, "0")}` : year;
  const zone = hours === undefined ? "Z" : `${hours}:${minutes}`;
  const date = new Date(`${written}-${month}-${day}T${time}.${fraction.slice(0, 3).padEnd(3, "0")}${zone}`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The items of `{1,NULL,"a \"b\""}`. */
function readList(table: ReadTable, column: Column, text: string): (string | null)[] {
  const fault = () =>
    mismatch(table, column, shown(text), "Read it as `string`: only lists of one dimension are read.");
  if (text === "{}") return [];
  if (!text.startsWith("{") || !text.endsWith("}")) throw fault();
  const items: (string | null)[] = [];
  const item = /\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}\s][^",{}]*))\s*(,|$)/sy;
  const inner = text.slice(1, -1);
  for (let at = 0; ; ) {
    item.lastIndex = at;
    const found = item.exec(inner);
    if (!found) throw fault();
    const [, quoted, plain = ""] = found;
    items.push(quoted === undefined ? (plain === "NULL" ? null : plain) : quoted.replaceAll(/\\(.)/gs, "$1"));
    at = item.lastIndex;
    if (found[3] === "") return items;
  }
}

const LONGEST_SHOWN = 60;

function shown(text: string): string {
  return JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text);
}

function typeText({ type, list }: Column): string {
  const name = { text: "string", date: "Date", bytes: "Uint8Array", json: "Json" }[type as string] ?? type;
  return list ? `${name}[]` : name;
}

function mismatch({ useCase, table }: ReadTable, column: Column, found: string, fix: string): FivefoldError {
  return new FivefoldError(
    "source-mismatch",
    `The column '${column.name}' of ${table} holds ${found}; '${useCase}' reads it as ${typeText(column)}. ${fix}`,
  );
}

/** `isThere`: the table has the column, and this change left its value as it was. */
function untold({ useCase, table }: ReadTable, { name }: Column, isThere: boolean): FivefoldError {
  return new FivefoldError(
    "source-mismatch",
    isThere
      ? `The column '${name}' of ${table} is read by '${useCase}', and an update that left its large value as it was does ` +
          `not tell it. Declare it as \`${name}?: …\`: it is absent then. For updates from now on, ALTER TABLE ${table} ` +
          "REPLICA IDENTITY FULL has it told."
      : `${table} has no column '${name}' any more, or had none yet at this change; '${useCase}' reads it. Where it was ` +
          `renamed, rename it in the row's type, and declare \`${name}?: …\` until all changes from before are handled.`,
  );
}
