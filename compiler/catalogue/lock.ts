import { error } from "./entry.ts";

/** Faults of contracts.lock.json, and of events against it. */
export const LOCK = {
  "bad-lock": error<{ reason: string; mend: string }>(
    ({ reason }) => `The lock can't be followed: ${reason}. Without it, new field numbers could meet old records.`,
    ({ mend }) => mend,
  ),
  "field-type-changed": error<{ field: string; message: string; number: number; old: string; now: string }>(
    ({ field, message, number, old, now }) =>
      `'${field}' of ${message} was '${old}' on the wire and is '${now}' now. Records that are queued, delayed or ` +
      `dead-lettered hold '${old}' in field ${number}, and would be misread or fail.`,
    ({ field, old }) =>
      `Give the new field another name and keep or drop '${field}', or keep '${old}' and convert it in the handler.`,
  ),
  "event-type-changed": error<{ old: string; now: string }>(
    ({ old, now }) =>
      `The event was ${old} and is ${now} now, another type on the wire. Records that are queued, delayed or ` +
      `dead-lettered hold ${old}.`,
    ({ old, now }) => `Keep ${old} as the event, or move ${now} to a use case of its own, whose topic is new.`,
  ),
};
