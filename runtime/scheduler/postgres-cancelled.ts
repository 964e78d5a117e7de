import type { Postgres } from "../storage/postgres.ts";
import { textKey } from "../storage/text-key.ts";
import { CANCELLED_FOR_MS, type DelayStore } from "./delay-store.ts";

/** Cancellations after which those that are over are removed. */
const SWEEP_EVERY = 1_000;

/** What is cancelled of what waits in PostgreSQL. */
export interface PostgresCancelled extends Pick<DelayStore, "cancel" | "cancelledOf"> {
  /** Of a row of the table of delayed records. */
  readonly IS_CANCELLED: string;
}

/**
 * A cancelled task's rows are locked, noted and deleted by one statement. Only what is due is claimed, by the server's clock:
 * what is not yet, as its rows are locked, nobody has claimed, and whoever claims later looks at the notes.
 */
export function createPostgresCancelled(postgres: Postgres): PostgresCancelled {
  const delayed = `${postgres.schema}.delayed`;
  const cancelled = `${postgres.schema}.cancelled`;
  const server = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
  const CANCEL = `
    WITH waiting AS MATERIALIZED (
      SELECT id, subscription, due_at FROM ${delayed}
      WHERE id = $1 AND subscription = ANY ($2::text[]) AND wakes_at = due_at
        AND due_at > greatest($3, ${server}) AND (envelope->>'attempt')::int = 1
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
      $4::bigint <= greatest($3, ${server}) AS is_late`;
  let sinceSweep = 0;

  return {
    IS_CANCELLED: `EXISTS (SELECT FROM ${cancelled} WHERE ${cancelled}.id = ${delayed}.id)`,
    async cancel({ id, dueAt, subscriptions }, tooLateMs) {
      if (++sinceSweep % SWEEP_EVERY === 0) {
        await postgres.query(`DELETE FROM ${cancelled} WHERE until_ms < $1`, [Math.floor(tooLateMs)]);
      }
      const values = [textKey(id), subscriptions.map(textKey), Math.ceil(tooLateMs), Math.ceil(dueAt)];
      const [answer] = await postgres.query<{ is_cancelled: boolean; is_late: boolean }>(CANCEL, values);
      if (answer!.is_cancelled) return "cancelled";
      return answer!.is_late ? "started" : "unknown";
    },
    async cancelledOf(ids) {
      const find = `SELECT id FROM ${cancelled} WHERE id = ANY ($1::text[])`;
      const rows = await postgres.query<{ id: string }>(find, [ids.map(textKey)]);
      const found = new Set(rows.map(({ id }) => id));
      return new Set(ids.filter((id) => found.has(textKey(id))));
    },
  };
}
