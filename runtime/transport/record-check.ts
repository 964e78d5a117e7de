import type { TaskRecord } from "../contract.ts";
import { FivefoldError } from "../errors.ts";

const PRIORITIES: ReadonlySet<string> = new Set(["high", "normal", "low"]);

/** More than a record's numbers and lengths take at most. */
const FIXED_BYTES = 96;

/**
 * Refuses records that cannot be stored as they are, before any of their call is stored. The size counts two bytes a
 * character, as texts beyond Latin-1 are stored.
 */
export function checkRecords(records: readonly TaskRecord[], topic: string, maxRecordBytes: number): void {
  for (const record of records) {
    const bytes = record.payload.length + FIXED_BYTES + 2 * textLength(record);
    if (bytes > maxRecordBytes) {
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

function textLength({ id, useCase, key, tenant, dedupeId, traceparent, subscription, failure }: TaskRecord): number {
  const envelope = id.length + useCase.length + key.length + tenant.length + dedupeId.length;
  const rest = traceparent.length + subscription.length;
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
