import { FivefoldError } from "../contract/errors.ts";
import type { Columns } from "./change-source.ts";
import type { Column, ReadTable } from "./column-values.ts";

/** Runs a statement; its columns come as PostgreSQL writes them as text. */
export type Read = (text: string, values?: readonly (string | readonly string[])[]) => Promise<readonly Columns[]>;

/** A table that is captured. */
export interface CapturedTable extends ReadTable {
  readonly schema: string;
  readonly name: string;
  /** Whether the rows that are there are told first. */
  readonly snapshot: boolean;
}

export interface KeyColumn {
  readonly name: string;
  /** As SQL casts to it. */
  readonly type: string;
}

/** A table as it is. */
export interface FoundTable {
  readonly oid: string;
  readonly identity: "d" | "n" | "f" | "i";
  /** Empty: it has no primary key. */
  readonly key: readonly KeyColumn[];
  readonly columns: readonly FoundColumn[];
}

interface FoundColumn {
  readonly name: string;
  /** `character varying(10)`, for messages. */
  readonly type: string;
  /** The type's own name, or that of a list's items. */
  readonly base: string;
  readonly isList: boolean;
  readonly notNull: boolean;
  /** Whether PostgreSQL makes it of other columns: the log does not tell it. */
  readonly isGenerated: boolean;
}

/** What stands between a table and what reads it. */
export interface Mismatch {
  /** `error`: it can't be captured. `warning`: some row may not be read. */
  readonly severity: "error" | "warning";
  readonly message: string;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function sqlName({ schema, name }: CapturedTable): string {
  return `${quoted(schema)}.${quoted(name)}`;
}

/** Undefined: there is no such table. */
export async function findTable(read: Read, { schema, name }: CapturedTable): Promise<FoundTable | undefined> {
  const [table] = await read(
    `SELECT c.oid, c.relreplident AS identity FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')`,
    [schema, name],
  );
  if (!table) return undefined;
  const oid = table.oid!;
  const columns = await read(
    // A domain may be of another domain, and so may a list's items.
    `WITH RECURSIVE bases AS (
       SELECT oid AS type, oid AS base, typtype, typbasetype FROM pg_type
       UNION ALL
       SELECT d.type, t.oid, t.typtype, t.typbasetype FROM bases d JOIN pg_type t ON t.oid = d.typbasetype
       WHERE d.typtype = 'd'
     ), base_of AS (SELECT type, base FROM bases WHERE typtype <> 'd')
     SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
       coalesce(item.typname, base.typname) AS base, item.oid IS NOT NULL AS is_list, a.attgenerated <> '' AS is_generated
     FROM pg_attribute a JOIN base_of b ON b.type = a.atttypid JOIN pg_type base ON base.oid = b.base
       LEFT JOIN base_of i ON base.typcategory = 'A' AND i.type = base.typelem
       LEFT JOIN pg_type item ON item.oid = i.base
     WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [oid],
  );
  const key = await read(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type
     FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
       JOIN pg_attribute a ON a.attrelid = $1::oid AND a.attnum = k.attnum
     WHERE i.indrelid = $1::oid AND i.indisprimary ORDER BY k.place`,
    [oid],
  );
  return {
    oid,
    identity: table.identity as FoundTable["identity"],
    key: key.map((column) => ({ name: column.name!, type: column.type! })),
    columns: columns.map(({ name, type, base, is_list, not_null, is_generated }) => ({
      ...{ name: name!, type: type!, base: base!, isList: is_list === "t", notNull: not_null === "t" },
      isGenerated: is_generated === "t",
    })),
  };
}

const READ_FROM: Readonly<Record<Exclude<Column["type"], "text">, readonly string[]>> = {
  number: ["int2", "int4", "int8", "oid", "float4", "float8", "numeric"],
  bigint: ["int2", "int4", "int8", "oid", "numeric"],
  boolean: ["bool"],
  date: ["timestamptz", "timestamp", "date"],
  bytes: ["bytea"],
  json: ["json", "jsonb"],
};

/** Compares a table with what a use case's function reads of it. */
export function mismatchesOf(table: CapturedTable, found: FoundTable | undefined, place: string): Mismatch[] {
  const { useCase } = table;
  const error = (message: string): Mismatch => ({ severity: "error", message });
  if (!found)
    return [error(`${place} has no table ${table.table}, which '${useCase}' captures, or its role may not see it.`)];
  const mismatches: Mismatch[] = [];
  if (found.identity === "n" || (found.identity === "d" && found.key.length === 0)) {
    mismatches.push(
      error(
        `${table.table} has nothing to tell its rows by: PostgreSQL would refuse every update and delete of it once it is ` +
          `published. Give it a primary key, or ALTER TABLE ${table.table} REPLICA IDENTITY FULL.`,
      ),
    );
  }
  if (table.snapshot && found.key.length === 0) {
    mismatches.push(
      error(`${table.table} has no primary key, by which a snapshot goes: add one, or set \`snapshot: false\`.`),
    );
  }
  if (table.snapshot && found.identity === "i") {
    const message = `${table.table} has REPLICA IDENTITY USING INDEX, which does not tell the primary key of what is deleted: set it to DEFAULT or FULL, or set \`snapshot: false\`.`;
    mismatches.push(error(message));
  }
  for (const column of table.columns) {
    const own = found.columns.find(({ name }) => name === column.name);
    if (own) mismatches.push(...columnMismatches(table, column, own));
    else if (!column.optional) {
      const names = found.columns.map(({ name }) => name).join(", ");
      mismatches.push(
        error(`${table.table} has no column '${column.name}', which '${useCase}' reads. It has ${names}.`),
      );
    }
  }
  return mismatches;
}

function columnMismatches({ table, useCase }: CapturedTable, column: Column, found: FoundColumn): Mismatch[] {
  const where = `The column '${column.name}' of ${table}`;
  const mismatches: Mismatch[] = [];
  if (found.isGenerated) {
    const message = `${where} is generated, which the log does not tell: '${useCase}' makes it itself, of what it is generated from.`;
    return [{ severity: "error", message }];
  }
  const fits = column.type === "text" ? true : READ_FROM[column.type].includes(found.base);
  if (!fits || (found.isList !== column.list && !(column.type === "text" && !column.list))) {
    const as = `${column.type === "text" ? "string" : column.type}${column.list ? "[]" : ""}`;
    const message = `${where} is ${found.type}, which '${useCase}' can't read as ${as}: read it as \`string\`, or as what fits.`;
    return [{ severity: "error", message }];
  }
  if (!found.notNull && !column.nullable) {
    const message = `${where} may be NULL, and '${useCase}' has no place for that: declare it as \`${column.name}: … | null\`.`;
    mismatches.push({ severity: "warning", message });
  }
  if (column.type === "number" && ["int8", "numeric"].includes(found.base)) {
    const message = `${where} is ${found.type}, of which a number has not every value: read it as \`${found.base === "int8" ? "bigint" : "string"}\`.`;
    mismatches.push({ severity: "warning", message });
  }
  return mismatches;
}

/** Throws where the table can't be captured; warnings are for `fivefold check-source`. */
export function requireFit(table: CapturedTable, found: FoundTable | undefined, place: string): FoundTable {
  const errors = mismatchesOf(table, found, place).filter(({ severity }) => severity === "error");
  if (found && errors.length === 0) return found;
  throw new FivefoldError("source-mismatch", errors.map(({ message }) => message).join("\n"));
}
