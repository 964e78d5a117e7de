import type { DedupeRequest, DedupeStore, Reservation, Reserved } from "../../frontend/dedupe-store.ts";
import { textKey } from "../text-key.ts";
import { openPostgres, type PostgresOptions } from "./postgres.ts";
import type { Tables } from "./postgres-tables.ts";

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
  additions: [
    // What processes of the version before reserve has an empty holder, and no task id that is kept.
    (schema) => `
      ALTER TABLE ${schema}.dedupe ADD COLUMN holder text NOT NULL DEFAULT '',
        ADD COLUMN kept_until bigint NOT NULL DEFAULT 0;
      COMMENT ON COLUMN ${schema}.dedupe.until IS
        'Milliseconds since the Unix epoch: its lease''s end; once it is confirmed, when it is forgotten';
      COMMENT ON COLUMN ${schema}.dedupe.holder IS 'The enqueue that holds it, or held it last';
      COMMENT ON COLUMN ${schema}.dedupe.kept_until IS 'When the task''s id is forgotten, where it is not confirmed';`,
    // Processes of the version before leave both as they are when they write another task into a row.
    (schema) => `
      ALTER TABLE ${schema}.dedupe ADD COLUMN content text, ADD COLUMN content_task text;
      COMMENT ON COLUMN ${schema}.dedupe.content IS 'A hash of the event that was enqueued as content_task';
      COMMENT ON COLUMN ${schema}.dedupe.content_task IS 'Of another task than this, the content is not known';`,
  ],
};

/** Rows that one statement writes. */
const WRITE_ROWS = 1_000;
const SWEEP_ROWS = 1_000;

interface Held {
  readonly use_case: string;
  readonly dedupe_id: string;
  readonly task: string;
  readonly content: string | null;
  readonly confirmed: boolean;
  readonly until: number;
}

/** Requests as the columns that the statements unnest. */
interface Columns {
  readonly useCases: string[];
  readonly dedupeIds: string[];
  readonly tasks: string[];
  readonly holders: string[];
  readonly contents: (string | null)[];
}

function columnsOf(requests: readonly Reserved[]): Columns {
  return {
    useCases: requests.map(({ useCase }) => textKey(useCase)),
    dedupeIds: requests.map(({ dedupeId }) => textKey(dedupeId)),
    tasks: requests.map(({ id, task = id }) => JSON.stringify(task)),
    holders: requests.map(({ id }) => JSON.stringify(id)),
    contents: requests.map(({ content = null }) => content),
  };
}

function parts<R extends DedupeRequest>(requests: readonly R[]): (readonly R[])[] {
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
export async function openPostgresDedupeStore(options: PostgresOptions): Promise<DedupeStore> {
  const postgres = await openPostgres(options, TABLES);
  const table = `${postgres.schema}.dedupe`;

  // Sorted by key in every statement that locks rows, so that two of them wait for each other rather than in a circle.
  const put = (columns: string, values: string) => `
    INSERT INTO ${table} AS held (use_case, dedupe_id, task, holder, content, content_task, ${columns})
    SELECT use_case, dedupe_id, task, holder, content, task, ${values}
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
      AS asked (use_case, dedupe_id, task, holder, content)
    ORDER BY use_case COLLATE "C", dedupe_id COLLATE "C"
    ON CONFLICT (use_case, dedupe_id) DO UPDATE`;
  /** Assigns what was asked for where that condition holds, and else leaves what is held. */
  const unless = (kept: string, ...columns: readonly string[]) =>
    columns.map((column) => `${column} = CASE WHEN ${kept} THEN held.${column} ELSE excluded.${column} END`).join(", ");
  const CONTENT = "CASE WHEN content_task = task THEN content END AS content";
  const RESERVE = `${put("confirmed, until, kept_until", "false, $6, $8")}
    SET ${unless("NOT held.confirmed AND held.kept_until > $7", "task", "content", "content_task", "kept_until")},
      holder = excluded.holder, confirmed = false, until = excluded.until
    WHERE held.until <= $7 RETURNING use_case, dedupe_id, task, ${CONTENT}`;
  // What another task of this id was accepted as meanwhile stays, and so does who holds it.
  const CONFIRM = `${put("confirmed, until, kept_until", "true, $6, 0")}
    SET ${unless("held.confirmed", "task", "content", "content_task")}, confirmed = true,
      until = excluded.until, kept_until = 0
    RETURNING use_case, dedupe_id, holder`;

  const FIND = `
    SELECT use_case, dedupe_id, task, ${CONTENT}, confirmed, until FROM ${table}
    JOIN unnest($1::text[], $2::text[]) AS asked (use_case, dedupe_id) USING (use_case, dedupe_id)`;

  // By key: by ctid, what follows would not see a row that was written anew since the statement began.
  const held = (where: string) => `
    WITH locked AS MATERIALIZED (
      SELECT use_case, dedupe_id FROM ${table} AS held
      JOIN unnest($1::text[], $2::text[], $3::text[]) AS asked (use_case, dedupe_id, holder)
        USING (use_case, dedupe_id, holder)
      WHERE ${where} ORDER BY held.use_case, held.dedupe_id FOR UPDATE OF held
    )`;
  const IS_LOCKED = "(held.use_case, held.dedupe_id) = (locked.use_case, locked.dedupe_id)";
  const RENEW = `${held("NOT confirmed")}
    UPDATE ${table} AS held SET until = $4 FROM locked WHERE ${IS_LOCKED}`;
  const RELEASE = `${held("NOT confirmed AND held.task = held.holder")}
    DELETE FROM ${table} AS held USING locked WHERE ${IS_LOCKED}`;

  const SWEEP = `
    WITH swept AS (
      DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ${table} WHERE until <= $1 AND kept_until <= $1 ORDER BY until LIMIT ${SWEEP_ROWS} FOR UPDATE SKIP LOCKED
      )) RETURNING 1
    )
    SELECT count(*) AS count FROM swept`;

  /** What holds the ids that a reservation didn't get. */
  async function findHolders({ useCases, dedupeIds }: Columns, nowMs: number): Promise<Map<string, Reservation>> {
    const held = await postgres.query<Held>(FIND, [useCases, dedupeIds]);
    return new Map(
      held.map(({ use_case, dedupe_id, task, content, confirmed, until }) => [
        `${use_case}\n${dedupe_id}`,
        confirmed && until > nowMs
          ? { kind: "duplicate", id: JSON.parse(task) as string, content: content ?? undefined }
          : { kind: "pending" },
      ]),
    );
  }

  async function reserve(
    requests: readonly DedupeRequest[],
    times: readonly [untilMs: number, nowMs: number, keptUntilMs: number],
  ): Promise<Reservation[]> {
    const columns = columnsOf(requests);
    const { useCases, dedupeIds, tasks, holders, contents } = columns;
    const rows = await postgres.query<Held>(RESERVE, [useCases, dedupeIds, tasks, holders, contents, ...times]);
    const reserved = new Map(rows.map((row) => [`${row.use_case}\n${row.dedupe_id}`, row]));
    const found = rows.length === requests.length ? undefined : await findHolders(columns, times[1]);
    return requests.map(({ id }, i) => {
      const key = `${useCases[i]}\n${dedupeIds[i]}`;
      const row = reserved.get(key);
      // One that was let go since then is pending too: the caller asks again, and gets it.
      if (row === undefined) return found?.get(key) ?? { kind: "pending" };
      const earlier = JSON.parse(row.task) as string;
      if (earlier === id) return { kind: "reserved" };
      return { kind: "reserved", id: earlier, content: row.content ?? undefined };
    });
  }

  async function renew(part: readonly Reserved[], untilMs: number): Promise<void> {
    const { useCases, dedupeIds, holders } = columnsOf(part);
    await postgres.query(RENEW, [useCases, dedupeIds, holders, Math.ceil(untilMs)]);
  }

  return {
    async reserve(requests, nowMs, leaseMs, keepMs = leaseMs) {
      const reservations: Reservation[] = [];
      const times = [Math.ceil(nowMs + leaseMs), Math.floor(nowMs), Math.ceil(nowMs + keepMs)] as const;
      for (const part of parts(requests)) reservations.push(...(await reserve(part, times)));
      return reservations;
    },

    async find({ useCase, dedupeId }, nowMs) {
      const [row] = await postgres.query<Held>(FIND, [[textKey(useCase)], [textKey(dedupeId)]]);
      return row?.confirmed && row.until > nowMs ? (JSON.parse(row.task) as string) : undefined;
    },

    async renew(reserved, untilMs) {
      for (const part of parts(reserved)) await renew(part, untilMs);
    },

    async confirm(reserved, untilMs) {
      const first: boolean[] = [];
      for (const part of parts(reserved)) {
        const { useCases, dedupeIds, tasks, holders, contents } = columnsOf(part);
        const values = [useCases, dedupeIds, tasks, holders, contents, Math.ceil(untilMs)];
        const rows = await postgres.query<Held & { holder: string }>(CONFIRM, values);
        const holderOf = new Map(rows.map(({ use_case, dedupe_id, holder }) => [`${use_case}\n${dedupe_id}`, holder]));
        for (let i = 0; i < part.length; i++) {
          first.push(holderOf.get(`${useCases[i]}\n${dedupeIds[i]}`) === holders[i]);
        }
      }
      return first;
    },

    async release(reserved) {
      for (const part of parts(reserved)) {
        const { useCases, dedupeIds, holders } = columnsOf(part);
        await postgres.query(RELEASE, [useCases, dedupeIds, holders]);
        // What is left of them, an earlier enqueue may have published.
        await renew(part, 0);
      }
    },

    async sweep(nowMs) {
      const [row] = await postgres.query<{ count: number }>(SWEEP, [Math.floor(nowMs)]);
      return row!.count;
    },

    close: () => postgres.close(),
  };
}
