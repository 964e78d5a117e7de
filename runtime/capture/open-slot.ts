import type { Clock } from "../contract/clock.ts";
import type { ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { CaptureStore, SlotState } from "./capture-store.ts";
import type { ChangeSource, Columns } from "./change-source.ts";
import { type Lsn, parseLsn } from "./position.ts";
import { openReplication } from "./replication.ts";

export interface SlotOptions {
  readonly url: string;
  /** The database, for messages. */
  readonly place: string;
  readonly slot: string;
  readonly publication: string;
  readonly store: CaptureStore;
  readonly clock: Clock;
  /** Handles what was committed before a new slot begins. */
  /** Sees to what has to be there before, once this process alone has the slot. */
  readonly prepare: () => Promise<void>;
  /** What is done about changes that the slot does not tell, for messages. */
  readonly madeUpBy: string;
  readonly readBefore?: ((query: (text: string) => Promise<Columns[]>) => Promise<void>) | undefined;
  readonly reportProblem: ReportProblem;
}

export interface OpenSlot {
  readonly source: ChangeSource;
  readonly state: SlotState;
  /** What lies before it may have been handled by a process that is gone. */
  readonly handledUpTo: Lsn;
}

/** Slots are the server's, and publications a database's: a slot's name says which database it is of. */
export async function slotName({ postgres: { query } }: CaptureStore, name: string): Promise<string> {
  const [row] = await query<{ oid: string }>("SELECT oid FROM pg_database WHERE datname = current_database()", []);
  return `${name}_${row!.oid}`;
}

interface SlotRow {
  readonly wal_status: string | null;
  readonly plugin: string;
}

/**
 * Begins to read a slot, which it makes where there is none, or where the database has given it up. One process at a time has
 * it: throws a FivefoldError (`throttled`) while another one does.
 */
export async function openSlot(options: SlotOptions): Promise<OpenSlot> {
  const { store, slot, place } = options;
  const { query } = store.postgres;
  const [settings] = await query<{ level: string; version: number }>(
    "SELECT current_setting('wal_level') AS level, current_setting('server_version_num')::int AS version",
    [],
  );
  requireLogical(place, settings!.level, settings!.version);
  const replication = await openReplication(options);
  try {
    if (!(await replication.hold(`fivefold capture ${slot}`))) throw heldElsewhere(place, slot);
    await options.prepare();
    const [found] = await query<SlotRow>(
      "SELECT wal_status, plugin FROM pg_replication_slots WHERE slot_name = $1 AND database = current_database()",
      [slot],
    );
    const known = await store.readState(slot);
    const isUsable = found !== undefined && found.wal_status !== "lost";
    if (!isUsable || !known?.ready) {
      if (known?.ready) options.reportProblem(lost(options, found));
      await store.beginSlot(slot);
      if (found) await query("SELECT pg_drop_replication_slot($1)", [slot]);
      await replication.createSlot(slot, options.readBefore);
      await store.slotIsReady(slot);
    }
    const [position] = await query<{ lsn: string }>("SELECT pg_current_wal_lsn() AS lsn", []);
    const state = (await store.readState(slot))!;
    return {
      source: replication.stream(slot, options.publication),
      state,
      handledUpTo: parseLsn(position!.lsn),
    };
  } catch (error) {
    await replication.close();
    throw error;
  }
}

const OLDEST_VERSION = 140_000;

function requireLogical(place: string, level: string, version: number): void {
  if (version < OLDEST_VERSION) {
    throw new FivefoldError(
      "invalid-option",
      `${place} is PostgreSQL ${Math.floor(version / 10_000)}; changes are captured from PostgreSQL 14 on.`,
    );
  }
  if (level === "logical") return;
  throw new FivefoldError(
    "invalid-option",
    `${place} has wal_level '${level}'; its changes can be read with 'logical' alone. Run ALTER SYSTEM SET wal_level = ` +
      "logical, and restart the server.",
  );
}

function heldElsewhere(place: string, slot: string): FivefoldError {
  return new FivefoldError(
    "throttled",
    `Another process captures '${slot}' of ${place}. This one takes over once that has ended.`,
  );
}

function lost({ place, slot, madeUpBy }: SlotOptions, found: SlotRow | undefined): FivefoldError {
  const how = found ? "was given up by the server (max_slot_wal_keep_size)" : "was dropped";
  const name = `The replication slot '${slot}' of ${place}`;
  return new FivefoldError("storage-failed", `${name} ${how}. A new one is made; ${madeUpBy}`);
}
