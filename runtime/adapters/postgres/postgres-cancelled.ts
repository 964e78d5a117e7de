import { CANCELLED_FOR_MS, type DelayStore, type Rescheduling } from "../../scheduler/delay-store.ts";
import { textKey } from "../text-key.ts";
import type { Postgres } from "./postgres.ts";

/** Cancellations after which those that are over are removed. */
const SWEEP_EVERY = 1_000;

/** What is cancelled or rescheduled of what waits in PostgreSQL. */
export interface PostgresCancelled extends Pick<DelayStore, "cancel" | "reschedule" | "outdated"> {
  /** Of a row of the table of delayed records: that it must not run. */
  readonly IS_OUTDATED: string;
}

/**
 * A cancelled task's rows are locked, noted and deleted by one statement. Only what is due is claimed, by the server's clock:
 * what is not yet, as its rows are locked, nobody has claimed, and whoever claims later looks at the notes.
 */
export function createPostgresCancelled(postgres: Postgres): PostgresCancelled {
  const delayed = `${postgres.schema}.delayed`;
  const cancelled = `${postgres.schema}.cancelled`;
  const rescheduled = `${postgres.schema}.rescheduled`;
  const server = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
  const CANCEL = `
    WITH waiting AS MATERIALIZED (
      SELECT id, subscription, due_at FROM ${delayed}
      WHERE id = $1 AND subscription = ANY ($2::text[]) AND wakes_at = due_at
        AND due_at > greatest($3, ${server}) AND (envelope->>'attempt')::int = 1
        AND (is_rescheduled OR NOT EXISTS (SELECT FROM ${rescheduled} WHERE ${rescheduled}.id = ${delayed}.id))
      ORDER BY subscription, due_at FOR UPDATE
    ),
    whole AS (SELECT max(due_at) AS due_at FROM waiting HAVING count(DISTINCT subscription) = cardinality($2::text[])),
    noted AS (
      INSERT INTO ${cancelled} (id, until_ms) SELECT $1, due_at + ${CANCELLED_FOR_MS} FROM whole
      ON CONFLICT (id) DO NOTHING RETURNING 1
    ),
    removed AS (
      DELETE FROM ${delayed} AS d USING waiting
      WHERE (d.id, d.subscription, d.due_at) = (waiting.id, waiting.subscription, waiting.due_at)
        AND EXISTS (SELECT FROM whole)
    )
    SELECT EXISTS (SELECT FROM whole) OR EXISTS (SELECT FROM ${cancelled} WHERE id = $1) AS is_cancelled,
      coalesce((SELECT due_at FROM ${rescheduled} WHERE id = $1), $4::bigint) <= greatest($3, ${server}) AS is_late`;
  let sinceSweep = 0;

  const sweep = async (nowMs: number) => {
    if (++sinceSweep % SWEEP_EVERY !== 0) return;
    for (const table of [cancelled, rescheduled]) {
      await postgres.query(`DELETE FROM ${table} WHERE until_ms < $1`, [Math.floor(nowMs)]);
    }
  };

  return {
    IS_OUTDATED: `(EXISTS (SELECT FROM ${cancelled} WHERE ${cancelled}.id = ${delayed}.id) OR EXISTS (
      SELECT FROM ${rescheduled} WHERE ${rescheduled}.id = ${delayed}.id AND ${rescheduled}.due_at <>
        CASE WHEN is_rescheduled THEN ${delayed}.due_at ELSE ceil((envelope->>'dueAt')::numeric) END))`,
    async cancel({ id, dueAt, subscriptions }, tooLateMs) {
      await sweep(tooLateMs);
      const values = [textKey(id), subscriptions.map(textKey), Math.ceil(tooLateMs), Math.ceil(dueAt)];
      const [answer] = await postgres.query<{ is_cancelled: boolean; is_late: boolean }>(CANCEL, values);
      if (answer!.is_cancelled) return "cancelled";
      return answer!.is_late ? "started" : "unknown";
    },
    async reschedule({ id, dueAt, subscriptions }, toMs, tooLateMs) {
      await sweep(tooLateMs);
      const times = [Math.ceil(toMs), Math.ceil(tooLateMs), CANCELLED_FOR_MS];
      const [answer] = await postgres.query<{ answer: Rescheduling }>(
        `SELECT ${postgres.schema}.reschedule($1, $2, $3::text[], $4, $5, $6) AS answer`,
        [textKey(id), Math.ceil(dueAt), subscriptions.map(textKey), ...times],
      );
      return answer!.answer;
    },
    async outdated(tasks) {
      const find = `
        SELECT asked.id, asked.due_at FROM unnest($1::text[], $2::bigint[]) AS asked (id, due_at)
        WHERE EXISTS (SELECT FROM ${cancelled} WHERE ${cancelled}.id = asked.id)
          OR EXISTS (SELECT FROM ${rescheduled} AS r WHERE r.id = asked.id AND r.due_at <> asked.due_at)`;
      const values = [tasks.map(({ id }) => textKey(id)), tasks.map(({ dueAt }) => Math.ceil(dueAt))];
      const rows = await postgres.query<{ id: string }>(find, values);
      const found = new Set(rows.map(({ id }) => id));
      return new Set(tasks.map(({ id }) => id).filter((id) => found.has(textKey(id))));
    },
  };
}
