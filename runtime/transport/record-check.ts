import type { TaskRecord } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";

const PRIORITIES: ReadonlySet<string> = new Set(["high", "normal", "low"]);

/** More than a record's numbers and lengths take at most. */
const FIXED_BYTES = 96;

/**
 * What a record may gain after it was accepted: the failure of a dead letter, whose message has up to 1,024 characters,
 * and the names of subscriptions, as texts take them anywhere. A transport takes records that have grown so beyond the
 * largest that it lets anybody enqueue, for else they could be neither retried nor given up.
 */
export const GROWTH_BYTES = 8_192;

/** Whether a record has been accepted before, and has gained something since. */
export function hasGrown({ failure, subscription }: TaskRecord): boolean {
  return failure !== undefined || subscription !== "";
}

/**
 * Refuses records that cannot be stored as they are, before any of their call is stored. The size counts two bytes a
 * character, as texts beyond Latin-1 are stored.
 */
export function checkRecords(records: readonly TaskRecord[], topic: string, maxRecordBytes: number): void {
  for (const record of records) {
    checkTexts(record, topic);
    const bytes = record.payload.length + FIXED_BYTES + 2 * textLength(record);
    if (bytes > maxRecordBytes + (hasGrown(record) ? GROWTH_BYTES : 0)) {
      throw new FivefoldError(
        "payload-too-large",
        `Record '${record.id}' for topic '${topic}' takes ${bytes} bytes, ${record.payload.length} of them payload; a record may take ${maxRecordBytes}. Nothing of this call was stored. Keep large content elsewhere and send a reference to it.`,
      );
    }
    checkCount(record, "version", record.version, topic);
    checkCount(record, "enqueuedAt", record.enqueuedAt, topic);
    checkCount(record, "dueAt", record.dueAt, topic);
    checkCount(record, "attempt", record.attempt, topic);
    if (!PRIORITIES.has(record.priority)) {
      throw new FivefoldError(
        "invalid-option",
        `Record '${record.id}' for topic '${topic}' has priority '${record.priority}': it must be high, normal or low. Nothing of this call was stored.`,
      );
    }
    if (record.failure) checkCount(record, "failure.failedAt", record.failure.failedAt, topic);
  }
}

/** A value that is no text would be stored as something else, or be refused half way through a batch. */
function checkTexts(record: TaskRecord, topic: string): void {
  const { id, useCase, key, tenant, dedupeId, traceparent, tracestate, subscription, failure, payload } = record;
  if (
    typeof id === "string" &&
    typeof useCase === "string" &&
    typeof key === "string" &&
    typeof tenant === "string" &&
    typeof dedupeId === "string" &&
    typeof traceparent === "string" &&
    (tracestate === undefined || typeof tracestate === "string") &&
    typeof subscription === "string" &&
    payload instanceof Uint8Array &&
    (failure === undefined || [failure.reason, failure.message, failure.subscription].every(isText))
  ) {
    return;
  }
  throw new FivefoldError(
    "invalid-option",
    `Record '${String(id)}' for topic '${topic}' has a part of another type than its own: its texts must be strings, its payload a Uint8Array. Nothing of this call was stored.`,
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function textLength(record: TaskRecord): number {
  const { id, useCase, key, tenant, dedupeId, traceparent, tracestate = "", subscription, failure } = record;
  const envelope = id.length + useCase.length + key.length + tenant.length + dedupeId.length;
  const rest = traceparent.length + tracestate.length + subscription.length;
  if (!failure) return envelope + rest;
  return envelope + rest + failure.reason.length + failure.message.length + failure.subscription.length;
}

function checkCount({ id }: TaskRecord, name: string, value: number, topic: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new FivefoldError(
    "invalid-option",
    `Record '${id}' for topic '${topic}' has ${name} ${value}: it must be a whole number from 0. Nothing of this call was stored.`,
  );
}
