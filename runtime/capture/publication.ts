import { FivefoldError } from "../errors.ts";
import type { CaptureStore } from "./capture-store.ts";
import { type CapturedTable, quoted, sqlName } from "./source-table.ts";

interface Published {
  readonly schema: string;
  readonly name: string;
}

/** Makes the publication of one table, where it is not that yet. */
export async function publishTable(store: CaptureStore, publication: string, table: CapturedTable): Promise<void> {
  const { query } = store.postgres;
  const [own] = await query<{ ok: boolean }>(
    `SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate AND pubviaroot AS ok
     FROM pg_publication WHERE pubname = $1`,
    [publication],
  );
  const tables = await query<Published>(
    "SELECT schemaname AS schema, tablename AS name FROM pg_publication_tables WHERE pubname = $1",
    [publication],
  );
  const [first] = tables;
  const isRight = tables.length === 1 && first!.schema === table.schema && first!.name === table.name;
  const name = quoted(publication);
  const options = "(publish = 'insert, update, delete, truncate', publish_via_partition_root = true)";
  const statements = own
    ? [
        ...(own.ok ? [] : [`ALTER PUBLICATION ${name} SET ${options}`]),
        ...(isRight ? [] : [`ALTER PUBLICATION ${name} SET TABLE ${sqlName(table)}`]),
      ]
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
