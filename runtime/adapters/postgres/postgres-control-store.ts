import type { ControlEntry, ControlStore } from "../../control/control-store.ts";
import { openPostgres, type PostgresOptions } from "./postgres.ts";
import type { Tables } from "./postgres-tables.ts";

/** Values are JSON, in which what PostgreSQL's text can't hold (NUL, a lone surrogate) is escaped. */
const TABLES: Tables = {
  store: "control store",
  durable: true,
  versions: [
    (schema) => `
      CREATE SEQUENCE ${schema}.control_revisions;
      CREATE TABLE ${schema}.control (
        key text COLLATE "C" PRIMARY KEY,
        value text NOT NULL,
        revision bigint NOT NULL DEFAULT nextval('${schema}.control_revisions')
      );
      COMMENT ON TABLE ${schema}.control IS 'What operators paused and overrode; Fivefold owns this table';`,
  ],
};

/** The cluster's store. Opens one connection; throws as `openPostgres` does. */
export async function openPostgresControlStore(options: PostgresOptions): Promise<ControlStore> {
  const postgres = await openPostgres({ ...options, maxConnections: 1 }, TABLES);
  const table = `${postgres.schema}.control`;
  const revision = `nextval('${postgres.schema}.control_revisions')`;
  const create = `INSERT INTO ${table} (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING RETURNING 1`;
  const update = `UPDATE ${table} SET value = $2, revision = ${revision} WHERE key = $1 AND revision = $3 RETURNING 1`;
  const find = `SELECT 1 FROM ${table} WHERE key = $1`;
  const remove = `DELETE FROM ${table} WHERE key = $1 AND revision = $2 RETURNING 1`;
  return {
    list: (prefix) =>
      postgres.query<ControlEntry>(
        `SELECT key, value, revision FROM ${table} WHERE starts_with(key, $1) ORDER BY key`,
        [prefix],
      ),
    get: (keys) =>
      postgres.query<ControlEntry>(`SELECT key, value, revision FROM ${table} WHERE key = ANY($1::text[])`, [keys]),
    async put(key, value, known) {
      if (value === undefined && known === 0) return (await postgres.query(find, [key])).length === 0;
      if (value === undefined) return (await postgres.query(remove, [key, known])).length > 0;
      const changed =
        known === 0 ? await postgres.query(create, [key, value]) : await postgres.query(update, [key, value, known]);
      return changed.length > 0;
    },
    close: () => postgres.close(),
  };
}
