import { crc32 } from "node:zlib";
import { systemClock } from "../../contract/clock.ts";
import type { ReportProblem, TaskRecord } from "../../contract/contract.ts";
import type { Delayed, DelayedClaim, DelayStore } from "../../scheduler/delay-store.ts";
import { damagedValues } from "../storage-error.ts";
import { textKey } from "../text-key.ts";
import { openPostgres, type PostgresOptions } from "./postgres.ts";
import { createPostgresCancelled } from "./postgres-cancelled.ts";
import { DELAY_TABLES } from "./postgres-delay-tables.ts";
import { followServerClock } from "./server-clock.ts";

/** One statement's share: rows, and bytes of payload, so that neither side ever holds much more at once. */
const ADD_ROWS = 1_000;
const STATEMENT_BYTES = 16 * 1024 * 1024;

interface Row {
  readonly id: string;
  readonly subscription: string;
  readonly due_at: number;
  readonly claim: number;
  readonly topic: string;
  /** The text of a JSON object. */
  readonly envelope: string;
  readonly payload: Uint8Array;
  /** Null in rows of the version before. */
  readonly sum: number | null;
  readonly is_outdated: boolean;
  /** Whether `due_at` takes the place of the envelope's due time. */
  readonly is_rescheduled: boolean;
}

/** A row, and the claim that leased it: once another claim has it, this one removes nothing. */
type ClaimKey = Pick<Row, "id" | "subscription" | "due_at" | "claim">;

/** When rows wake that can't be read. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** A row's record; undefined where it is not as it was written. */
function readRecord({ envelope, payload, sum, is_rescheduled, due_at: dueAt }: Row): TaskRecord | undefined {
  if (sum !== null && sum !== sumOf(envelope, payload)) return undefined;
  const moved = is_rescheduled && { dueAt };
  return { ...(JSON.parse(envelope) as Omit<TaskRecord, "payload">), ...moved, payload };
}

function sumOf(envelope: string, payload: Uint8Array): number {
  return crc32(payload, crc32(envelope));
}

/** Columns hold whole milliseconds; rounded up, a record is never early. */
function wholeMs(timeMs: number): number {
  return Math.min(NEVER - 1, Math.max(0, Math.ceil(timeMs)));
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
 * side (SKIP LOCKED), each what no other has. Due times and leases are measured by the server's clock, which `now`
 * follows: the workers' own may differ as they like.
 *
 * Opening creates or upgrades the tables, and throws a FivefoldError where that can't be. Once open, a call rejects
 * while the server is away, and works again when it is back.
 */
export async function openPostgresDelayStore(
  options: PostgresOptions,
  reportProblem: ReportProblem = (problem) => process.emitWarning(problem),
): Promise<DelayStore> {
  const postgres = await openPostgres(options, DELAY_TABLES);
  const table = `${postgres.schema}.delayed`;
  const cancelled = createPostgresCancelled(postgres);

  async function askTime(): Promise<number> {
    const time = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now";
    const [row] = await postgres.query<{ now: number }>(time, []);
    return row!.now;
  }

  // Sorted by key, so that two that add the same records wait for each other rather than in a circle.
  const ADD = `
    INSERT INTO ${table} (id, subscription, due_at, wakes_at, topic, envelope, payload, sum)
    SELECT id, subscription, due_at, due_at, topic, envelope::json, payload, sum
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::bigint[])
      AS added (id, subscription, due_at, topic, envelope, payload, sum)
    ORDER BY id COLLATE "C", subscription COLLATE "C", due_at
    ON CONFLICT DO NOTHING`;

  // By ctid, which the lock keeps in place: no plan of this can walk the whole table.
  const claimWhere = (where: string) => `
    WITH claim AS MATERIALIZED (SELECT nextval('${table}_claim') AS number),
    woken AS MATERIALIZED (
      SELECT ctid AS row, wakes_at, octet_length(payload) AS bytes FROM ${table}
      WHERE ${where} ORDER BY wakes_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ),
    summed AS (
      SELECT row, sum(bytes) OVER (ORDER BY wakes_at, row ROWS UNBOUNDED PRECEDING) - bytes AS before FROM woken
    )
    UPDATE ${table} SET wakes_at = greatest(due_at, $3), claim = (SELECT number FROM claim)
    WHERE ctid = ANY (ARRAY(SELECT row FROM summed WHERE before < $4))
    RETURNING id, subscription, due_at, claim, topic, envelope::text AS envelope, payload, sum, is_rescheduled,
      ${cancelled.IS_OUTDATED} AS is_outdated`;
  const CLAIM = claimWhere("wakes_at <= $1");
  // What waits, its due time not come yet, is nobody's.
  const CLAIM_OF = claimWhere("topic = $5 AND subscription = $6 AND (wakes_at <= $1 OR wakes_at = due_at)");

  // The rows that these claims still hold, locked in the order of their keys, as what is added is. What follows finds them
  // by key: by ctid, it would not see what a renewal has written anew since the statement began, and remove nothing.
  const HELD = `
    WITH held AS MATERIALIZED (
      SELECT id, subscription, due_at FROM ${table} AS held
      JOIN unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS claimed (id, subscription, due_at, claim)
        USING (id, subscription, due_at, claim)
      ORDER BY held.id, held.subscription, held.due_at FOR UPDATE OF held
    )`;
  const IS_HELD = "(d.id, d.subscription, d.due_at) = (held.id, held.subscription, held.due_at)";
  const REMOVE = `${HELD} DELETE FROM ${table} AS d USING held WHERE ${IS_HELD}`;
  const RENEW = `${HELD} UPDATE ${table} AS d SET wakes_at = greatest(d.due_at, $5) FROM held WHERE ${IS_HELD}`;

  const columnsOf = (keys: readonly ClaimKey[]) => [
    keys.map(({ id }) => id),
    keys.map(({ subscription }) => subscription),
    keys.map(({ due_at }) => due_at),
    keys.map(({ claim }) => claim),
  ];

  /** Leaves what can't be read where it is, and never claims it again. */
  async function setAside(rows: readonly Row[]): Promise<void> {
    await postgres.query(RENEW, [...columnsOf(rows), NEVER]);
    const names = rows.map(
      ({ id, due_at, topic }) => `'${id}' of topic '${topic}', due ${new Date(due_at).toISOString()}`,
    );
    reportProblem(damagedValues(`${table} (wakes_at = ${NEVER})`, "delayed events", names));
  }

  function claimValues(nowMs: number, max: number, leaseMs: number): number[] {
    return [Math.floor(nowMs), max, wholeMs(nowMs + leaseMs), STATEMENT_BYTES];
  }

  /** The rows' claims, without those that can't be read. */
  async function claimed(rows: readonly Row[]): Promise<DelayedClaim[]> {
    const claims: DelayedClaim[] = [];
    const damaged: Row[] = [];
    const over = rows.filter((row) => row.is_outdated);
    if (over.length > 0) await postgres.query(REMOVE, columnsOf(over));
    for (const row of rows) {
      if (row.is_outdated) continue;
      const record = readRecord(row);
      const { id, subscription, due_at, claim, topic } = row;
      const key: ClaimKey = { id, subscription, due_at, claim };
      if (record) claims.push({ topic, dueAt: due_at, record, key });
      else damaged.push(row);
    }
    if (damaged.length > 0) await setAside(damaged);
    return claims.sort((a, b) => a.dueAt - b.dueAt);
  }

  const serverClock = await followServerClock(askTime, systemClock).catch(async (error: unknown) => {
    await postgres.close();
    throw error;
  });
  return {
    horizonMs: Number.POSITIVE_INFINITY,
    now: serverClock.now,

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
          envelopes.map((envelope, i) => sumOf(envelope, payloads[i]!)),
        ]);
      }
    },

    async claimDue(nowMs, max, leaseMs) {
      return claimed(await postgres.query<Row>(CLAIM, claimValues(nowMs, max, leaseMs)));
    },

    async claimOf({ topic, subscription }, nowMs, max, leaseMs) {
      const values = [...claimValues(nowMs, max, leaseMs), topic, textKey(subscription)];
      return claimed(await postgres.query<Row>(CLAIM_OF, values));
    },

    async groups() {
      // A subscription whose name can't be a column is only in the envelope.
      const groups = `
        SELECT topic, min(envelope::text) AS envelope, count(*) AS count, min(due_at) AS first FROM ${table}
        WHERE wakes_at < ${NEVER} GROUP BY topic, subscription`;
      type Group = Pick<Row, "topic" | "envelope"> & { readonly count: number; readonly first: number };
      const rows = await postgres.query<Group>(groups, []);
      return rows.map(({ topic, envelope, count, first }) => {
        const { subscription } = JSON.parse(envelope) as TaskRecord;
        return { topic, subscription, count, firstDueAt: first };
      });
    },

    async find(id) {
      const find = `SELECT topic, due_at, envelope::text AS envelope FROM ${table} WHERE id = $1 ORDER BY due_at`;
      const rows = await postgres.query<Pick<Row, "topic" | "due_at" | "envelope">>(find, [id]);
      return rows.map(({ topic, due_at: dueAt, envelope }) => {
        const record = { ...(JSON.parse(envelope) as Omit<TaskRecord, "payload">), payload: new Uint8Array() };
        return { topic, dueAt, record };
      });
    },

    async renew(claims, untilMs) {
      await postgres.query(RENEW, [...columnsOf(claims.map(({ key }) => key as ClaimKey)), wholeMs(untilMs)]);
    },

    async remove(claims) {
      await postgres.query(REMOVE, columnsOf(claims.map(({ key }) => key as ClaimKey)));
    },

    cancel: cancelled.cancel,
    reschedule: cancelled.reschedule,
    outdated: cancelled.outdated,

    async nextDueAt() {
      const next = `SELECT wakes_at FROM ${table} WHERE wakes_at < ${NEVER} ORDER BY wakes_at LIMIT 1`;
      const [row] = await postgres.query<{ wakes_at: number }>(next, []);
      return row?.wakes_at ?? Number.POSITIVE_INFINITY;
    },

    async size() {
      const count = `SELECT count(*) AS count FROM ${table} WHERE wakes_at < ${NEVER}`;
      const [row] = await postgres.query<{ count: number }>(count, []);
      return row!.count;
    },

    async close() {
      serverClock.close();
      await postgres.close();
    },
  };
}
