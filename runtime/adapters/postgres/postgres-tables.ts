import { FivefoldError } from "../../contract/errors.ts";

/** The tables of one store, as the statements that lead to them. */
export interface Tables {
  /** Names the store in the table `versions`. */
  readonly store: string;
  /**
   * `versions[n]` leads from version n to n + 1, with `"$"` where the quoted schema goes. Once released, a version never
   * changes: what follows is appended.
   */
  readonly versions: readonly ((schema: string) => string)[];
  /**
   * What is added to them afterwards, in the same way, and does not hinder a process that doesn't know it: processes
   * of the version before work on beside those that added it, and start.
   */
  readonly additions?: readonly ((schema: string) => string)[];
  /** Whether a write that answered must outlive a crash of the server's machine. */
  readonly durable: boolean;
}

/** As much of a pg client as this needs. */
interface Session {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

interface Pool extends Session {
  connect(): Promise<Session & { release(error?: boolean): void }>;
}

async function checkDurability(session: Session, place: string): Promise<void> {
  const { rows } = await session.query("SELECT current_setting('synchronous_commit') AS value");
  const [{ value }] = rows as [{ value: string }];
  if (value !== "off") return;
  throw new FivefoldError(
    "invalid-option",
    `${place} has synchronous_commit off for this user, so a write that answered can be lost when the server crashes. ` +
      "Delayed tasks must not: ALTER ROLE … SET synchronous_commit = on (or for the database, or the server).",
  );
}

/** The version that the store's tables have; 0 where there are none yet. */
async function readVersion(session: Session, schema: string, store: string): Promise<number> {
  const table = `"${schema}".versions`;
  const { rows } = await session.query("SELECT to_regclass($1) IS NOT NULL AS there", [table]);
  if (!(rows as [{ there: boolean }])[0].there) return 0;
  const found = await session.query(`SELECT version FROM ${table} WHERE store = $1`, [store]);
  return (found.rows as { version: number }[])[0]?.version ?? 0;
}

/** The name under which the table `versions` counts a store's additions. */
const additionsOf = (store: string): string => `${store}, additions`;

function checkVersion(version: number, { store, versions }: Tables, place: string): void {
  if (version <= versions.length) return;
  throw new FivefoldError(
    "newer-version",
    `The tables of the ${store} in ${place} have version ${version}; this Fivefold knows up to ${versions.length}. ` +
      "Nothing was changed. Upgrade Fivefold here; a newer one has upgraded the tables.",
  );
}

/** Brings the tables to the newest version; where they have it, nothing is written, so a user without DDL rights will do. */
export async function migrate(pool: Pool, schema: string, tables: Tables, place: string): Promise<void> {
  if (tables.durable) await checkDurability(pool, place);
  const version = await readVersion(pool, schema, tables.store);
  checkVersion(version, tables, place);
  const added = await readVersion(pool, schema, additionsOf(tables.store));
  const isBehind = version < tables.versions.length || added < (tables.additions?.length ?? 0);
  if (isBehind) await upgrade(pool, schema, tables, place);
}

async function upgrade(pool: Pool, schema: string, tables: Tables, place: string): Promise<void> {
  const session = await pool.connect();
  let done = false;
  try {
    await session.query("BEGIN");
    // Processes that start together upgrade one after another, and all but the first find nothing left to do.
    await session.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`fivefold schema ${schema}`]);
    const { rows } = await session.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", [schema]);
    // IF NOT EXISTS alone would ask for the right to create schemas even where there is nothing to create.
    if (rows.length === 0) await session.query(`CREATE SCHEMA "${schema}"`);
    await session.query(
      `CREATE TABLE IF NOT EXISTS "${schema}".versions (store text PRIMARY KEY, version integer NOT NULL)`,
    );
    const version = await readVersion(session, schema, tables.store);
    checkVersion(version, tables, place);
    await advance(session, schema, tables.store, tables.versions);
    await advance(session, schema, additionsOf(tables.store), tables.additions ?? []);
    await session.query("COMMIT");
    done = true;
  } finally {
    // A session that failed half way is closed, which rolls back.
    session.release(!done);
  }
}

/** Takes the steps that were not taken yet, and says so in the table `versions`. */
async function advance(
  session: Session,
  schema: string,
  store: string,
  steps: readonly ((schema: string) => string)[],
): Promise<void> {
  const taken = await readVersion(session, schema, store);
  if (taken >= steps.length) return;
  for (const statements of steps.slice(taken)) await session.query(statements(`"${schema}"`));
  await session.query(
    `INSERT INTO "${schema}".versions AS v (store, version) VALUES ($1, $2)
     ON CONFLICT (store) DO UPDATE SET version = excluded.version`,
    [store, steps.length],
  );
}
