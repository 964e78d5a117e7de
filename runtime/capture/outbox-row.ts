import type { Priority, TaskRecord } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";

/** A transaction on PostgreSQL, of whatever library: it runs a statement with the values of its `$1`, `$2`, … */
export interface Transaction {
  query(text: string, values: string[]): PromiseLike<unknown>;
}

/** The schema of the database's own that holds the outbox. */
export const OUTBOX_SCHEMA = "fivefold";

// All values are texts, which every library passes on alike.
const INSERT =
  `INSERT INTO ${OUTBOX_SCHEMA}.outbox (id, use_case, envelope, payload) ` +
  "VALUES ($1, $2, $3, decode($4, 'base64'))";

/** What a row says of its record besides id, use case and payload. */
interface Envelope {
  readonly version: number;
  readonly key: string;
  readonly priority: Priority;
  readonly tenant: string;
  readonly dedupeId: string;
  readonly dedupeForMs: number;
  readonly traceparent: string;
  /** Absent: none. */
  readonly tracestate?: string | undefined;
  /** Ms since the Unix epoch; 0: not told so. */
  readonly dueAt: number;
  /** From the moment of the insert, by the database's clock. */
  readonly delayMs: number;
}

export interface OutboxDelay {
  /** Ms from the insert; it has precedence over the record's `dueAt`. */
  readonly delayMs: number;
}

/** Writes a record into the outbox, in the caller's transaction. */
export async function insertIntoOutbox(
  transaction: Transaction,
  record: TaskRecord,
  dedupeForMs: number,
  { delayMs }: OutboxDelay,
): Promise<void> {
  const { id, useCase, version, key, priority, tenant, dedupeId, traceparent, tracestate } = record;
  const dueAt = delayMs > 0 ? 0 : record.dueAt;
  const times = { dedupeForMs, dueAt, delayMs };
  const envelope: Envelope = { version, key, priority, tenant, dedupeId, traceparent, tracestate, ...times };
  const payload = Buffer.from(record.payload.buffer, record.payload.byteOffset, record.payload.length);
  try {
    // JSON escapes what PostgreSQL's text can't hold: NUL, a lone surrogate.
    await transaction.query(INSERT, [id, useCase, JSON.stringify(envelope), payload.toString("base64")]);
  } catch (cause) {
    throw whyNotWritten(useCase, cause);
  }
}

function whyNotWritten(useCase: string, cause: unknown): FivefoldError {
  const { code = "", message = String(cause) } = (cause ?? {}) as { code?: string; message?: string };
  const lead = `The event for '${useCase}' can't be written into the outbox (${message}).`;
  if (code === "42P01" || code === "3F000" || /relation .*outbox.* does not exist/.test(message)) {
    const fix = "`fivefold capture --outbox` makes it: start that on this database once, with the right to create it.";
    return new FivefoldError("storage-failed", `${lead} The database has no outbox. ${fix}`, { cause });
  }
  if (code === "42501") {
    const fix = `GRANT USAGE ON SCHEMA ${OUTBOX_SCHEMA}, INSERT ON ${OUTBOX_SCHEMA}.outbox to the transaction's role.`;
    return new FivefoldError("storage-unwritable", `${lead} ${fix}`, { cause });
  }
  return new FivefoldError("storage-failed", `${lead} Roll the transaction back: the event is not enqueued then.`, {
    cause,
  });
}

/** A row of the outbox, with its columns as PostgreSQL writes them as text. */
export interface OutboxRow {
  readonly id: string;
  readonly use_case: string;
  readonly envelope: string;
  /** Hexadecimal, after `\x`. */
  readonly payload: string;
  /** Ms since the Unix epoch, by the database's clock. */
  readonly inserted_at: string;
}

/** What a row of the outbox stands for. */
export interface Outgoing {
  readonly record: TaskRecord;
  readonly dedupeForMs: number;
}

const isText = (value: unknown): boolean => typeof value === "string";
const isCount = (value: unknown): boolean =>
  typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER;

const FIELDS: Readonly<Record<keyof Envelope, (value: unknown) => boolean>> = {
  version: (value) => Number.isInteger(value) && isCount(value) && value !== 0,
  key: isText,
  priority: (value) => value === "high" || value === "normal" || value === "low",
  tenant: isText,
  dedupeId: isText,
  dedupeForMs: isCount,
  traceparent: isText,
  tracestate: (value) => value === undefined || isText(value),
  dueAt: isCount,
  delayMs: isCount,
};

/** Why a row can't be an event's, since something else than `enqueueIn` wrote it; `undefined`: it is one. */
export function rowFault({ id, envelope, payload }: OutboxRow): string | undefined {
  const fault = (what: string) => `The row is no event's: ${what}. Rows are written by enqueueIn alone.`;
  if (id === "") return fault("it has no id");
  if (!payload.startsWith("\\x")) return fault("its payload is not as PostgreSQL writes it");
  let read: unknown;
  try {
    read = JSON.parse(envelope);
  } catch {
    return fault("its envelope is no JSON");
  }
  if (typeof read !== "object" || read === null || Array.isArray(read)) return fault("its envelope is no object");
  const wrong = Object.entries(FIELDS).find(([name, fits]) => !fits((read as Record<string, unknown>)[name]));
  return wrong && fault(`its envelope's '${wrong[0]}' is wrong`);
}

/**
 * The record of a row that has no fault. Its delay counts from the insert: `databaseNow` and `now` are one moment by the
 * database's clock and by that of the stores. `priority` is the use case's now, which says where its events go.
 */
export function outgoingOf(row: OutboxRow, priority: Priority, databaseNow: number, now: number): Outgoing {
  const { dueAt, delayMs, dedupeForMs, version, key, tenant, dedupeId, traceparent, tracestate } = JSON.parse(
    row.envelope,
  ) as Envelope;
  const enqueuedAt = Math.round(now - Math.max(0, databaseNow - Number(row.inserted_at)));
  const record: TaskRecord = {
    ...{ id: row.id, useCase: row.use_case, version, key, priority, tenant, dedupeId, traceparent },
    ...{ attempt: 1, subscription: "", ...(tracestate && { tracestate }) },
    enqueuedAt,
    dueAt: delayMs > 0 ? Math.ceil(enqueuedAt + delayMs) : dueAt,
    payload: Buffer.from(row.payload.slice(2), "hex"),
  };
  return { record, dedupeForMs };
}
