import type { Tables } from "./postgres-tables.ts";

/*
 * One row a record. `wakes_at` is when it can be claimed next: its due time, then its lease's end. One index on it gives
 * the order of firing, finds lapsed leases, and answers when to look again, at any number of rows.
 *
 * The envelope is one JSON value rather than a column a field: people can read and query it (envelope->>'useCase'), a
 * field of a newer version survives an older worker, and, unlike text, the type json takes any text there is, NUL and
 * lone surrogates included. (jsonb does not.) The payload stays bytes.
 *
 * The table is a queue: what dies at its front is to be vacuumed early, before claims have to walk over it.
 */
export const DELAY_TABLES: Tables = {
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
  additions: [
    // A record that is added while it is claimed has to outlive that claim. It is the table that sees to it, so that it
    // holds for what workers of the version before add, too.
    (schema) => `
      ALTER TABLE ${schema}.delayed ADD COLUMN sum bigint;
      COMMENT ON COLUMN ${schema}.delayed.sum IS 'CRC-32 of the envelope''s text and the payload; null: not known';
      CREATE FUNCTION ${schema}.delayed_added() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE ${schema}.delayed
          SET claim = 0, wakes_at = NEW.wakes_at, topic = NEW.topic, envelope = NEW.envelope, payload = NEW.payload,
            sum = NEW.sum
          WHERE id = NEW.id AND subscription = NEW.subscription AND due_at = NEW.due_at AND claim <> 0;
          RETURN NEW;
        END $$;
      CREATE TRIGGER delayed_added BEFORE INSERT ON ${schema}.delayed
        FOR EACH ROW EXECUTE FUNCTION ${schema}.delayed_added();`,
    (schema) => `
      CREATE TABLE ${schema}.cancelled (id text COLLATE "C" PRIMARY KEY, until_ms bigint NOT NULL);
      COMMENT ON TABLE ${schema}.cancelled IS 'Delayed tasks that were cancelled; Fivefold owns this table';
      COMMENT ON COLUMN ${schema}.cancelled.until_ms IS 'Until when it is remembered, ms since the Unix epoch';`,
    // One task at a time: its rows are found by when it is due, which the statement before may have changed.
    (schema) => `
      CREATE TABLE ${schema}.rescheduled (id text COLLATE "C" PRIMARY KEY, due_at bigint NOT NULL, until_ms bigint NOT NULL);
      COMMENT ON TABLE ${schema}.rescheduled IS 'Delayed tasks whose time was changed; Fivefold owns this table';
      COMMENT ON COLUMN ${schema}.rescheduled.due_at IS 'When it is due: copies with another time are outdated';
      COMMENT ON COLUMN ${schema}.rescheduled.until_ms IS 'Until when it is remembered, ms since the Unix epoch';
      ALTER TABLE ${schema}.delayed ADD COLUMN is_rescheduled boolean NOT NULL DEFAULT false;
      COMMENT ON COLUMN ${schema}.delayed.is_rescheduled IS 'Whether due_at takes the place of the envelope''s dueAt';
      CREATE FUNCTION ${schema}.reschedule(task text, enqueued_for bigint, subscriptions text[], to_ms bigint, too_late_ms bigint, for_ms bigint)
      RETURNS text LANGUAGE plpgsql AS $$
        DECLARE
          from_ms bigint;
          waiting int;
        BEGIN
          PERFORM pg_advisory_xact_lock(hashtextextended('fivefold task ' || task, 0));
          SELECT coalesce((SELECT due_at FROM ${schema}.rescheduled WHERE id = task), enqueued_for) INTO from_ms;
          IF EXISTS (SELECT FROM ${schema}.cancelled WHERE id = task) THEN RETURN 'unknown'; END IF;
          IF from_ms <= greatest(too_late_ms, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) THEN
            RETURN 'started';
          END IF;
          PERFORM FROM ${schema}.delayed
            WHERE id = task AND subscription = ANY (subscriptions) AND due_at = from_ms AND wakes_at = due_at
              AND (envelope->>'attempt')::int = 1
            ORDER BY subscription FOR UPDATE;
          GET DIAGNOSTICS waiting = ROW_COUNT;
          IF waiting <> cardinality(subscriptions) THEN RETURN 'unknown'; END IF;
          INSERT INTO ${schema}.rescheduled AS r (id, due_at, until_ms)
            VALUES (task, to_ms, greatest(from_ms, to_ms) + for_ms)
            ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at, until_ms = greatest(r.until_ms, excluded.until_ms);
          DELETE FROM ${schema}.delayed
            WHERE id = task AND subscription = ANY (subscriptions) AND due_at = to_ms AND to_ms <> from_ms;
          UPDATE ${schema}.delayed SET due_at = to_ms, wakes_at = to_ms, is_rescheduled = true
            WHERE id = task AND subscription = ANY (subscriptions) AND due_at = from_ms;
          RETURN 'rescheduled';
        END $$;`,
  ],
};
