import { FivefoldError } from "../contract/errors.ts";
import type { CaptureStore } from "./capture-store.ts";
import { type CapturedTable, quoted, sqlName } from "./source-table.ts";

interface Published {
  readonly schema: string;
  readonly name: string;
  /** Whether it leaves rows out. */
  readonly is_filtered: boolean;
}

/** What there is of a publication, and what it lacks to be that of one table. */
async function findPublication({ postgres: { query } }: CaptureStore, publication: string, table: CapturedTable) {
  const [own] = await query<{ ok: boolean }>(
    `SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate AND pubviaroot AS ok
     FROM pg_publication WHERE pubname = $1`,
    [publication],
  );
  const tables = await query<Published>(
    // PostgreSQL 14 has no filters, and no such column.
    `SELECT schemaname AS schema, tablename AS name, to_jsonb(t) ->> 'rowfilter' IS NOT NULL AS is_filtered
     FROM pg_publication_tables t WHERE pubname = $1`,
    [publication],
  );
  const isPublished = tables.some(
    ({ schema, name, is_filtered }) => schema === table.schema && name === table.name && !is_filtered,
  );
  return { isThere: own !== undefined, tellsAll: own?.ok === true && isPublished, isAlone: tables.length === 1 };
}

/** Whether a publication tells every change of the table, now. */
export async function tellsAll(store: CaptureStore, publication: string, table: CapturedTable): Promise<boolean> {
  return (await findPublication(store, publication, table)).tellsAll;
}

/**
 * Makes the publication of one table, where it is not that yet; first calls `hasGap`, where changes of the table may not have been
 * told since it was made before.
 */
export async function publishTable(
  store: CaptureStore,
  publication: string,
  table: CapturedTable,
  hasGap: () => Promise<void>,
): Promise<void> {
  const { query } = store.postgres;
  const found = await findPublication(store, publication, table);
  if (!found.tellsAll) await hasGap();
  const name = quoted(publication);
  const options = "(publish = 'insert, update, delete, truncate', publish_via_partition_root = true)";
  const statements = found.isThere
    ? found.tellsAll && found.isAlone
      ? []
      : [`ALTER PUBLICATION ${name} SET ${options}`, `ALTER PUBLICATION ${name} SET TABLE ${sqlName(table)}`]
    : [`CREATE PUBLICATION ${name} FOR TABLE ${sqlName(table)} WITH ${options}`];
  for (const statement of statements) {
    try {
      await query(statement, []);
    } catch (cause) {
      throw new FivefoldError(
        "source-mismatch",
        `The capture of ${table.table} needs a publication that its role may not make (${(cause as Error).message}). As the ` +
          `table's owner, run: ${statement};`,
        { cause },
      );
    }
  }
}
