import { openPostgres, type PostgresOptions } from "../../../runtime/adapters/postgres/postgres.ts";
import type { Tables } from "../../../runtime/adapters/postgres/postgres-tables.ts";
import { textKey } from "../../../runtime/adapters/text-key.ts";
import type { DedupeRequest, DedupeStore, Reservation } from "../../../runtime/frontend/dedupe-store.ts";

/* The store as release 0.1.0 had it: tests run it beside the present one, on the same tables. */
/** The task's id is stored as a JSON string, since an id may hold what PostgreSQL's text can't (NUL, a lone surrogate). */
const TABLES: Tables = {
  store: "dedupe store",
  durable: false,
  versions: [
    (schema) => `
      CREATE TABLE ${schema}.dedupe (
        use_case text COLLATE "C" NOT NULL,
        dedupe_id text COLLATE "C" NOT NULL,
        task text NOT NULL,
        confirmed boolean NOT NULL,
        until bigint NOT NULL,
        PRIMARY KEY (use_case, dedupe_id)
      ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
      CREATE INDEX dedupe_until ON ${schema}.dedupe (until);
      COMMENT ON TABLE ${schema}.dedupe IS 'Dedupe ids that were accepted; Fivefold owns this table';
      COMMENT ON COLUMN ${schema}.dedupe.until IS 'Milliseconds since the Unix epoch: then it is forgotten';`,
  ],
};

/** The port as it was. */
type FormerDedupeStore = Omit<DedupeStore, "find" | "renew" | "confirm"> & {
  confirm(requests: readonly DedupeRequest[], untilMs: number): Promise<void>;
};

/** Rows that one statement writes. */
const WRITE_ROWS = 1_000;
const SWEEP_ROWS = 1_000;

interface Held {
  readonly use_case: string;
  readonly dedupe_id: string;
  readonly task: string;
  readonly confirmed: boolean;
  readonly until: number;
}

/** Requests as the columns that the statements unnest. */
interface Columns {
  readonly useCases: string[];
  readonly dedupeIds: string[];
  readonly tasks: string[];
}

function columnsOf(requests: readonly DedupeRequest[]): Columns {
  return {
    useCases: requests.map(({ useCase }) => textKey(useCase)),
    dedupeIds: requests.map(({ dedupeId }) => textKey(dedupeId)),
    tasks: requests.map(({ id }) => JSON.stringify(id)),
  };
}

function parts(requests: readonly DedupeRequest[]): (readonly DedupeRequest[])[] {
  const count = Math.ceil(requests.length / WRITE_ROWS);
  return Array.from({ length: count }, (_, i) => requests.slice(i * WRITE_ROWS, (i + 1) * WRITE_ROWS));
}

/**
 * A dedupe store in PostgreSQL (12 or newer), for all producers on it. With the server's synchronous_commit off, its
 * crash may forget the last moments, which can duplicate an event and loses none.
 *
 * Opening creates or upgrades the tables, and throws a FivefoldError where that can't be. Once open, a call rejects
 * while the server is away, and works again when it is back.
 */
export async function openFormerDedupeStore(options: PostgresOptions): Promise<FormerDedupeStore> {
  const postgres = await openPostgres(options, TABLES);
  const table = `${postgres.schema}.dedupe`;

  // Sorted by key in every statement that locks rows, so that two of them wait for each other rather than in a circle.
  const put = (confirmed: boolean, where: string) => `
    INSERT INTO ${table} AS held (use_case, dedupe_id, task, confirmed, until)
    SELECT use_case, dedupe_id, task, ${confirmed}, $4
    FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (use_case, dedupe_id, task)
    ORDER BY use_case COLLATE "C", dedupe_id COLLATE "C"
    ON CONFLICT (use_case, dedupe_id) DO UPDATE
      SET task = excluded.task, confirmed = excluded.confirmed, until = excluded.until ${where}`;
  const RESERVE = `${put(false, "WHERE held.until <= $5")} RETURNING use_case, dedupe_id`;
  const CONFIRM = put(true, "");

  const FIND = `
    SELECT use_case, dedupe_id, task, confirmed, until FROM ${table}
    JOIN unnest($1::text[], $2::text[]) AS asked (use_case, dedupe_id) USING (use_case, dedupe_id)`;

  const RELEASE = `
    DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
      SELECT held.ctid FROM ${table} AS held
      JOIN unnest($1::text[], $2::text[], $3::text[]) AS asked (use_case, dedupe_id, task)
        USING (use_case, dedupe_id, task)
      ORDER BY held.use_case, held.dedupe_id FOR UPDATE OF held
    ))`;

  const SWEEP = `
    WITH swept AS (
      DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ${table} WHERE until <= $1 ORDER BY until LIMIT ${SWEEP_ROWS} FOR UPDATE SKIP LOCKED
      )) RETURNING 1
    )
    SELECT count(*) AS count FROM swept`;

  /** What holds the ids that a reservation didn't get. */
  async function findHolders({ useCases, dedupeIds }: Columns, nowMs: number): Promise<Map<string, Reservation>> {
    const held = await postgres.query<Held>(FIND, [useCases, dedupeIds]);
    return new Map(
      held.map(({ use_case, dedupe_id, task, confirmed, until }) => [
        `${use_case}\n${dedupe_id}`,
        confirmed && until > nowMs ? { kind: "duplicate", id: JSON.parse(task) as string } : { kind: "pending" },
      ]),
    );
  }

  async function reserve(requests: readonly DedupeRequest[], nowMs: number, untilMs: number): Promise<Reservation[]> {
    const columns = columnsOf(requests);
    const { useCases, dedupeIds, tasks } = columns;
    const rows = await postgres.query<Held>(RESERVE, [useCases, dedupeIds, tasks, untilMs, nowMs]);
    if (rows.length === requests.length) return requests.map(() => ({ kind: "reserved" }));
    const reserved = new Set(rows.map(({ use_case, dedupe_id }) => `${use_case}\n${dedupe_id}`));
    const holders = await findHolders(columns, nowMs);
    return requests.map((_, i) => {
      const key = `${useCases[i]}\n${dedupeIds[i]}`;
      if (reserved.has(key)) return { kind: "reserved" };
      // One that was let go since then is pending too: the caller asks again, and gets it.
      return holders.get(key) ?? { kind: "pending" };
    });
  }

  return {
    async reserve(requests, nowMs, leaseMs) {
      const reservations: Reservation[] = [];
      for (const part of parts(requests)) {
        reservations.push(...(await reserve(part, Math.floor(nowMs), Math.ceil(nowMs + leaseMs))));
      }
      return reservations;
    },

    async confirm(requests, untilMs) {
      for (const part of parts(requests)) {
        const { useCases, dedupeIds, tasks } = columnsOf(part);
        await postgres.query(CONFIRM, [useCases, dedupeIds, tasks, Math.ceil(untilMs)]);
      }
    },

    async release(requests) {
      for (const part of parts(requests)) {
        const { useCases, dedupeIds, tasks } = columnsOf(part);
        await postgres.query(RELEASE, [useCases, dedupeIds, tasks]);
      }
    },

    async sweep(nowMs) {
      const [row] = await postgres.query<{ count: number }>(SWEEP, [Math.floor(nowMs)]);
      return row!.count;
    },

    close: () => postgres.close(),
  };
}
