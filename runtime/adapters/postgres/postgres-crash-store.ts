import { type CrashCount, type CrashStore, KEPT_DAYS } from "../../crashes/crash-store.ts";
import { openPostgres, type PostgresOptions } from "./postgres.ts";
import type { Tables } from "./postgres-tables.ts";

/** Names are stored as JSON strings, since they may hold what PostgreSQL's text can't (NUL, a lone surrogate). */
const TABLES: Tables = {
  store: "crash store",
  durable: false,
  versions: [
    (schema) => `
      CREATE TABLE ${schema}.crashes (
        key text COLLATE "C" PRIMARY KEY,
        topic text NOT NULL,
        subscription text NOT NULL,
        task text NOT NULL,
        crashes integer NOT NULL,
        kept_at timestamptz NOT NULL DEFAULT now()
      );
      COMMENT ON TABLE ${schema}.crashes IS
        'Tasks that were in flight when a process ended, and run alone; Fivefold owns this table';
      COMMENT ON COLUMN ${schema}.crashes.key IS 'MD5 of topic, subscription and task';`,
  ],
};

interface Row {
  readonly topic: string;
  readonly subscription: string;
  readonly task: string;
  readonly crashes: number;
}

/** The cluster's store. Opens one connection; throws as `openPostgres` does. */
export async function openPostgresCrashStore(options: PostgresOptions): Promise<CrashStore> {
  const postgres = await openPostgres({ ...options, maxConnections: 1 }, TABLES);
  const table = `${postgres.schema}.crashes`;
  const columns = (counts: readonly Omit<CrashCount, "crashes">[]) => [
    counts.map(({ topic }) => JSON.stringify(topic)),
    counts.map(({ subscription }) => JSON.stringify(subscription)),
    counts.map(({ id }) => JSON.stringify(id)),
  ];
  const given = "unnest($1::text[], $2::text[], $3::text[]";
  const key = "md5(topic || ' ' || subscription || ' ' || task)";
  return {
    async readAll() {
      const live = `SELECT topic, subscription, task, crashes FROM ${table} WHERE kept_at > now() - interval '${KEPT_DAYS} days'`;
      const rows = await postgres.query<Row>(live, []);
      return rows.map(({ topic, subscription, task, crashes }) => ({
        topic: JSON.parse(topic) as string,
        subscription: JSON.parse(subscription) as string,
        id: JSON.parse(task) as string,
        crashes,
      }));
    },
    async keep(counts) {
      if (counts.length === 0) return;
      // One statement can't change a row twice.
      const rising = counts.toSorted((a, b) => a.crashes - b.crashes);
      const once = [...new Map(rising.map((count) => [JSON.stringify({ ...count, crashes: 0 }), count])).values()];
      await postgres.query(`DELETE FROM ${table} WHERE kept_at < now() - interval '${KEPT_DAYS} days'`, []);
      await postgres.query(
        `INSERT INTO ${table} AS kept (key, topic, subscription, task, crashes)
         SELECT ${key}, topic, subscription, task, crashes
         FROM ${given}, $4::integer[]) AS given (topic, subscription, task, crashes)
         ON CONFLICT (key) DO UPDATE SET crashes = greatest(kept.crashes, excluded.crashes), kept_at = now()`,
        [...columns(once), once.map(({ crashes }) => crashes)],
      );
    },
    async forget(counts) {
      await postgres.query(
        `DELETE FROM ${table} WHERE key IN (SELECT ${key} FROM ${given}) AS given (topic, subscription, task))`,
        columns(counts),
      );
    },
    close: () => postgres.close(),
  };
}
