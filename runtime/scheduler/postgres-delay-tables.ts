import type { Tables } from "../storage/postgres-tables.ts";

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
  ],
};
