import { openPostgres, type Postgres } from "../adapters/postgres/postgres.ts";
import type { Tables } from "../adapters/postgres/postgres-tables.ts";
import { OUTBOX_SCHEMA } from "./outbox-row.ts";
import { formatLsn, type Lsn, parseLsn } from "./position.ts";

/** What the capture keeps in the database that it reads: the outbox, and how far it is. */
const TABLES: Tables = {
  store: "capture",
  durable: true,
  versions: [
    (schema) => `
      CREATE TABLE ${schema}.outbox (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text NOT NULL,
        use_case text NOT NULL,
        envelope text NOT NULL,
        payload bytea NOT NULL,
        inserted_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
        refused text
      ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
      ALTER TABLE ${schema}.outbox REPLICA IDENTITY NOTHING;
      COMMENT ON TABLE ${schema}.outbox IS 'Events of committed transactions that are not relayed yet; Fivefold owns this table';
      COMMENT ON COLUMN ${schema}.outbox.refused IS 'Why it will not be relayed; null: it will be';
      CREATE TABLE ${schema}.capture (
        slot text PRIMARY KEY,
        ready boolean NOT NULL,
        commit_lsn pg_lsn NOT NULL,
        change_lsn pg_lsn NOT NULL,
        tables text NOT NULL DEFAULT '{}'
      );
      COMMENT ON TABLE ${schema}.capture IS 'How far each replication slot was handled; Fivefold owns this table';
      COMMENT ON COLUMN ${schema}.capture.ready IS 'Whether what was there before the slot has been handled';
      COMMENT ON COLUMN ${schema}.capture.commit_lsn IS 'The last transaction of which something was handled';
      COMMENT ON COLUMN ${schema}.capture.change_lsn IS 'Up to which change of it';
      COMMENT ON COLUMN ${schema}.capture.tables IS 'How far the initial snapshot of each table is';`,
  ],
};

/** Of a transaction of which all was handled. */
const ALL_OF_IT: Lsn = 0xffff_ffff_ffff_fffen;

/** What was handled: transactions before `commit`, and of that one the changes up to `change`. */
export interface Cursor {
  readonly commit: Lsn;
  readonly change: Lsn;
}

export function afterTransaction(commit: Lsn): Cursor {
  return { commit, change: ALL_OF_IT };
}

/** Whether a change was handled before. */
export function isHandled({ commit, change }: Cursor, transaction: Lsn, lsn: Lsn): boolean {
  return transaction < commit || (transaction === commit && lsn <= change);
}

export interface SlotState {
  readonly ready: boolean;
  readonly cursor: Cursor;
  /** JSON: how far the snapshot of each table is. */
  readonly tables: string;
}

export interface CaptureStore {
  readonly postgres: Postgres;
  /** Undefined: no capture has used it yet. */
  readState(slot: string): Promise<SlotState | undefined>;
  /** Says that what the slot does not tell is to be handled first. */
  beginSlot(slot: string): Promise<void>;
  /** Says that all that the slot does not tell was handled. */
  slotIsReady(slot: string): Promise<void>;
  saveCursor(slot: string, cursor: Cursor, tables: string): Promise<void>;
  /** Saves the cursor, and removes these rows of the outbox with it; answers how many were there. */
  prune(slot: string, cursor: Cursor, positions: readonly string[]): Promise<number>;
  /** Keeps a row that is not relayed, for people to look at. Says whether it is there for others yet. */
  refuse(position: string, why: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Connects, and makes the tables where they are missing. Throws a FivefoldError. */
export async function openCaptureStore(url: string): Promise<CaptureStore> {
  const postgres = await openPostgres({ url, schema: OUTBOX_SCHEMA, maxConnections: 2 }, TABLES);
  const { schema, query } = postgres;
  const move = `UPDATE ${schema}.capture SET commit_lsn = $2, change_lsn = $3`;
  const values = (slot: string, { commit, change }: Cursor) => [slot, formatLsn(commit), formatLsn(change)];

  return {
    postgres,
    async readState(slot) {
      interface Row {
        readonly ready: boolean;
        readonly commit_lsn: string;
        readonly change_lsn: string;
        readonly tables: string;
      }
      const [row] = await query<Row>(`SELECT * FROM ${schema}.capture WHERE slot = $1`, [slot]);
      if (!row) return undefined;
      const { ready, tables, commit_lsn, change_lsn } = row;
      return { ready, tables, cursor: { commit: parseLsn(commit_lsn), change: parseLsn(change_lsn) } };
    },
    async beginSlot(slot) {
      await query(
        `INSERT INTO ${schema}.capture AS c (slot, ready, commit_lsn, change_lsn) VALUES ($1, false, '0/0', '0/0')
         ON CONFLICT (slot) DO UPDATE SET ready = false, commit_lsn = '0/0', change_lsn = '0/0', tables = '{}'`,
        [slot],
      );
    },
    async slotIsReady(slot) {
      await query(`UPDATE ${schema}.capture SET ready = true WHERE slot = $1`, [slot]);
    },
    async saveCursor(slot, cursor, tables) {
      await query(`${move}, tables = $4 WHERE slot = $1`, [...values(slot, cursor), tables]);
    },
    async prune(slot, cursor, positions) {
      const [row] = await query<{ count: number }>(
        `WITH pruned AS (DELETE FROM ${schema}.outbox WHERE position = ANY ($4::bigint[]) RETURNING 1),
              moved AS (${move} WHERE slot = $1)
         SELECT count(*) AS count FROM pruned`,
        [...values(slot, cursor), positions],
      );
      return row!.count;
    },
    async refuse(position, why) {
      const refuse = `UPDATE ${schema}.outbox SET refused = $2 WHERE position = $1 RETURNING 1`;
      return (await query(refuse, [position, why])).length > 0;
    },
    close: () => postgres.close(),
  };
}
