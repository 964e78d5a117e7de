import { openPostgres, type PostgresOptions } from "../../../runtime/adapters/postgres/postgres.ts";
import type { Tables } from "../../../runtime/adapters/postgres/postgres-tables.ts";
import { textKey } from "../../../runtime/adapters/text-key.ts";
import type { TaskRecord } from "../../../runtime/contract/contract.ts";
import type { Delayed, DelayedClaim, DelayStore } from "../../../runtime/scheduler/delay-store.ts";

/* The store as release 0.1.0 had it: tests run it beside the present one, on the same tables. */
const TABLES: Tables = {
  store: "delay store",
  durable: true,
  versions: [
    (schema) => `
      CREATE TABLE ${schema}.delayed (
        id text COLLATE "C" NOT NULL,
        subscription text COLLATE "C" NOT NULL,
        due_at bigint NOT NULL,
        wakes_at bigint NOT NULL,
        claim bigint NOT NULL DEFAULT 0,
        topic text NOT NULL,
        envelope json NOT NULL,
        payload bytea NOT NULL,
        PRIMARY KEY (id, subscription, due_at)
      ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
      CREATE INDEX delayed_wakes_at ON ${schema}.delayed (wakes_at);
      CREATE SEQUENCE ${schema}.delayed_claim;
      COMMENT ON TABLE ${schema}.delayed IS 'Tasks that wait until they are due; Fivefold owns this table';
      COMMENT ON COLUMN ${schema}.delayed.due_at IS 'Milliseconds since the Unix epoch';
      COMMENT ON COLUMN ${schema}.delayed.wakes_at IS 'When it can be claimed: its due time, then its lease''s end';
      COMMENT ON COLUMN ${schema}.delayed.claim IS 'The claim that holds it, until wakes_at; 0: none yet';`,
  ],
};

/** One statement's share: rows, and bytes of payload, so that neither side ever holds much more at once. */
const ADD_ROWS = 1_000;
const STATEMENT_BYTES = 16 * 1024 * 1024;

interface Row {
  readonly id: string;
  readonly subscription: string;
  readonly due_at: number;
  readonly claim: number;
  readonly topic: string;
  readonly envelope: Omit<TaskRecord, "payload">;
  readonly payload: Uint8Array;
}

/** A row, and the claim that leased it: once another claim has it, this one removes nothing. */
type ClaimKey = Pick<Row, "id" | "subscription" | "due_at" | "claim">;

/** Columns hold whole milliseconds; rounded up, a record is never early. */
function wholeMs(timeMs: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.ceil(timeMs)));
}

/** Splits into runs of at most ADD_ROWS records and about STATEMENT_BYTES of payload. */
function* statements(delayed: readonly Delayed[]): Generator<readonly Delayed[]> {
  let from = 0;
  let bytes = 0;
  for (let i = 0; i < delayed.length; i++) {
    const size = delayed[i]!.record.payload.length;
    if (i > from && (i - from === ADD_ROWS || bytes + size > STATEMENT_BYTES)) {
      yield delayed.slice(from, i);
      from = i;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < delayed.length) yield delayed.slice(from);
}

/**
 * A delay store in PostgreSQL (12 or newer), for any number of workers on any number of machines. Workers claim side by
 * side (SKIP LOCKED), each what no other has. Due times and leases are measured by the workers' own clocks: keep them
 * synchronised to well within a lease (10 s).
 *
 * Opening creates or upgrades the tables, and throws a FivefoldError where that can't be. Once open, a call rejects
 * while the server is away, and works again when it is back.
 */
export async function openFormerDelayStore(
  options: PostgresOptions,
): Promise<Omit<DelayStore, "renew" | "groups" | "find" | "claimOf" | "cancel" | "reschedule" | "outdated">> {
  const postgres = await openPostgres(options, TABLES);
  const table = `${postgres.schema}.delayed`;

  // Sorted by key, so that two that add the same records wait for each other rather than in a circle.
  const ADD = `
    INSERT INTO ${table} (id, subscription, due_at, wakes_at, topic, envelope, payload)
    SELECT id, subscription, due_at, due_at, topic, envelope::json, payload
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bytea[])
      AS added (id, subscription, due_at, topic, envelope, payload)
    ORDER BY id COLLATE "C", subscription COLLATE "C", due_at
    ON CONFLICT DO NOTHING`;

  // By ctid, which the lock keeps in place: no plan of this can walk the whole table.
  const CLAIM = `
    WITH claim AS MATERIALIZED (SELECT nextval('${table}_claim') AS number),
    woken AS MATERIALIZED (
      SELECT ctid AS row, wakes_at, octet_length(payload) AS bytes FROM ${table}
      WHERE wakes_at <= $1 ORDER BY wakes_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ),
    summed AS (
      SELECT row, sum(bytes) OVER (ORDER BY wakes_at, row ROWS UNBOUNDED PRECEDING) - bytes AS before FROM woken
    )
    UPDATE ${table} SET wakes_at = $3, claim = (SELECT number FROM claim)
    WHERE ctid = ANY (ARRAY(SELECT row FROM summed WHERE before < $4))
    RETURNING id, subscription, due_at, claim, topic, envelope, payload`;

  const REMOVE = `
    DELETE FROM ${table} AS held
    USING unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS fired (id, subscription, due_at, claim)
    WHERE held.id = fired.id AND held.subscription = fired.subscription AND held.due_at = fired.due_at
      AND held.claim = fired.claim`;

  return {
    horizonMs: Number.POSITIVE_INFINITY,

    async add(delayed) {
      for (const part of statements(delayed)) {
        const envelopes: string[] = [];
        const payloads: Uint8Array[] = [];
        for (const { record } of part) {
          const { payload, ...envelope } = record;
          envelopes.push(JSON.stringify(envelope));
          payloads.push(payload);
        }
        await postgres.query(ADD, [
          part.map(({ record }) => textKey(record.id)),
          part.map(({ record }) => textKey(record.subscription)),
          part.map(({ dueAt }) => wholeMs(dueAt)),
          part.map(({ topic }) => topic),
          envelopes,
          payloads,
        ]);
      }
    },

    async claimDue(nowMs, max, leaseMs) {
      const until = wholeMs(nowMs + leaseMs);
      const rows = await postgres.query<Row>(CLAIM, [Math.floor(nowMs), max, until, STATEMENT_BYTES]);
      const claims = rows.map(({ topic, envelope, payload, ...key }): DelayedClaim => {
        return { topic, dueAt: key.due_at, record: { ...envelope, payload }, key: key satisfies ClaimKey };
      });
      return claims.sort((a, b) => a.dueAt - b.dueAt);
    },

    async remove(claims) {
      const keys = claims.map(({ key }) => key as ClaimKey);
      await postgres.query(REMOVE, [
        keys.map(({ id }) => id),
        keys.map(({ subscription }) => subscription),
        keys.map(({ due_at }) => due_at),
        keys.map(({ claim }) => claim),
      ]);
    },

    async nextDueAt() {
      const next = `SELECT wakes_at FROM ${table} ORDER BY wakes_at LIMIT 1`;
      const [row] = await postgres.query<{ wakes_at: number }>(next, []);
      return row?.wakes_at ?? Number.POSITIVE_INFINITY;
    },

    async size() {
      const [row] = await postgres.query<{ count: number }>(`SELECT count(*) AS count FROM ${table}`, []);
      return row!.count;
    },

    close: () => postgres.close(),
  };
}
