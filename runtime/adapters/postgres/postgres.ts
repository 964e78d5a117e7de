import pg from "pg";
import { FivefoldError } from "../../contract/errors.ts";
import { postgresError } from "./postgres-errors.ts";
import { migrate, type Tables } from "./postgres-tables.ts";

/*
 * Tables in PostgreSQL: what the cluster's adapters of the delay store and the dedupe store stand on.
 */

export interface PostgresOptions {
  /**
   * `postgres://user:password@host:port/database`. What it leaves out comes from libpq's variables (PGHOST, PGUSER,
   * PGPASSWORD, …). `?sslmode=verify-full` asks for TLS.
   */
  readonly url: string;
  /** Holds the tables; created when missing. Default `fivefold`. */
  readonly schema?: string | undefined;
  /** Most connections of this store in this process; they are opened as calls need them. Default 4. */
  readonly maxConnections?: number | undefined;
  /** The longest that one call waits for PostgreSQL before it rejects. Default 30,000. */
  readonly callTimeoutMs?: number | undefined;
}

export interface Postgres {
  /** The schema's name, quoted. */
  readonly schema: string;
  /** Runs one statement, which is its own transaction. Throws a FivefoldError; the next call works again if it can. */
  query<Row>(text: string, values: readonly unknown[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

const INT8: number = pg.types.builtins.INT8;

/** Every `bigint` of these tables is a time or a count below 2^53, which a number holds. */
const TYPES = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format),
};

/** Where the tables are, for messages. Never the password. */
function placeOf({ url, schema }: { url: string; schema: string }): string {
  try {
    const { hostname, port, pathname, searchParams } = new URL(url);
    const host = hostname || searchParams.get("host") || process.env.PGHOST || "localhost";
    const name = pathname.slice(1) || process.env.PGDATABASE || "";
    return `PostgreSQL (${decodeURIComponent(host)}:${port || process.env.PGPORT || "5432"}, database '${decodeURIComponent(name)}', schema '${schema}')`;
  } catch {
    throw new FivefoldError(
      "invalid-option",
      "The URL of PostgreSQL can't be read. Write it as postgres://user:password@host:port/database, with what is " +
        "special in user or password percent-encoded.",
    );
  }
}

function checkSchema(schema: string): void {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(schema) && !schema.startsWith("pg_")) return;
  throw new FivefoldError(
    "invalid-option",
    `'${schema}' can't be the schema of Fivefold's tables: its name must be 1 to 63 of a-z, 0-9 and _, must not begin ` +
      "with a digit, and names that begin with 'pg_' are PostgreSQL's own.",
  );
}

/**
 * Connects, and creates or upgrades the tables. Throws a FivefoldError: `not-connected`, `unauthorized`, `storage-unwritable` (missing
 * permissions, a read-only server), `storage-full`, `storage-failed`, `newer-version` (tables of a newer Fivefold).
 */
export async function openPostgres(options: PostgresOptions, tables: Tables): Promise<Postgres> {
  const { url, schema = "fivefold", maxConnections = 4, callTimeoutMs = 30_000 } = options;
  checkSchema(schema);
  const place = placeOf({ url, schema });
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "fivefold",
    max: maxConnections,
    connectionTimeoutMillis: callTimeoutMs,
    query_timeout: callTimeoutMs,
    keepAlive: true,
    // A producer that has nothing left to do ends, as it does on the embedded store.
    allowExitOnIdle: true,
    types: TYPES,
  });
  // A connection's end rejects the call that uses it; an idle one is dropped, and the next call opens another. Without
  // listeners, the same event would also end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => {
    client.on("error", () => {});
  });

  let closing: Promise<void> | undefined;
  function close(): Promise<void> {
    closing ??= pool.end();
    return closing;
  }

  async function query<Row>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    if (closing) throw new FivefoldError("closed", `The store in ${place} is closed.`);
    try {
      return (await pool.query({ text, values: [...values] })).rows as Row[];
    } catch (error) {
      throw postgresError(error, place);
    }
  }

  try {
    await migrate(pool, schema, tables, place);
  } catch (error) {
    await close();
    throw postgresError(error, place);
  }
  return { schema: `"${schema}"`, query, close };
}
