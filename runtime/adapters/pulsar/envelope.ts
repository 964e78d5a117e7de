import type { Failure, FailureReason, Message, Priority, TaskRecord } from "../../contract/contract.ts";
import { readTracestate } from "../../contract/tracestate.ts";

/**
 * A record as a Pulsar message, and back. The names are documented in docs/pulsar.md for clients in other languages;
 * what is empty or has its usual value is left out.
 */
export interface PulsarMessage {
  readonly properties: Record<string, string>;
  /** The message key: what Key_Shared keeps the order of. */
  readonly key: string;
  /** Ms since the Unix epoch; 0: none. */
  readonly eventTime: number;
}

/** Texts of the envelope that have a property of their own, and its name. */
const TEXTS = [
  ["id", "fivefold-id"],
  ["useCase", "fivefold-use-case"],
  ["tenant", "fivefold-tenant"],
  ["dedupeId", "fivefold-dedupe-id"],
  // The name that W3C's trace context has everywhere else, so that tracing tools find it.
  ["traceparent", "traceparent"],
  ["tracestate", "tracestate"],
  ["subscription", "fivefold-subscription"],
] as const;

const VERSION = "fivefold-version";
const DUE_AT = "fivefold-due-at";
/** Only where Pulsar is to hold the message back: it does so about, and not at all where a namespace forbids it. */
const NOT_BEFORE = "fivefold-not-before";
const ATTEMPT = "fivefold-attempt";
const PRIORITY = "fivefold-priority";
/** Only where the event time can't hold when the record was enqueued. */
const ENQUEUED_AT = "fivefold-enqueued-at";
const FAILURE_REASON = "fivefold-failure-reason";
const FAILURE_MESSAGE = "fivefold-failure-message";
const FAILURE_SUBSCRIPTION = "fivefold-failure-subscription";
const FAILED_AT = "fivefold-failed-at";
/**
 * Only for texts with half a surrogate pair, which UTF-8 can't carry, or with NUL, where C's strings end: JSON of the
 * exact texts by their property's name.
 */
const EXACT = "fivefold-exact";
const EXACT_KEY = "key";

/** The last moment of the year 9999, which is as far as Pulsar's WebSocket API reads times. */
const MAX_EVENT_TIME = 253_402_300_799_999;

/** A text as UTF-8 and C's strings can carry it. Brokers and clients go by keys of this form. */
export function carried(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}

/** The message of a record, without its payload. `notBefore` is when it may come, in ms since the Unix epoch; 0: at once. */
export function messageOf(record: TaskRecord, notBefore = 0): PulsarMessage {
  const properties: Record<string, string> = {};
  const rest = putProperties(record, notBefore, (name, value) => {
    properties[name] = value;
  });
  return { properties, ...rest };
}

/** As `messageOf`, telling of one property after another. */
export function putProperties(
  record: TaskRecord,
  notBefore: number,
  put: (name: string, value: string) => void,
): Omit<PulsarMessage, "properties"> {
  let exact: Record<string, string> | undefined;
  const well = (name: string, text: string): string => {
    if (text.isWellFormed() && !text.includes("\0")) return text;
    exact = { ...exact, [name]: text };
    return carried(text);
  };
  for (const [field, name] of TEXTS) if (record[field]) put(name, well(name, record[field]));
  put(VERSION, `${record.version}`);
  if (record.dueAt !== 0) put(DUE_AT, `${record.dueAt}`);
  if (notBefore !== 0) put(NOT_BEFORE, `${notBefore}`);
  if (record.attempt !== 1) put(ATTEMPT, `${record.attempt}`);
  if (record.priority !== "normal") put(PRIORITY, record.priority);
  if (record.failure) {
    const { reason, message, subscription, failedAt } = record.failure;
    put(FAILURE_REASON, reason);
    put(FAILURE_MESSAGE, well(FAILURE_MESSAGE, message));
    put(FAILURE_SUBSCRIPTION, well(FAILURE_SUBSCRIPTION, subscription));
    put(FAILED_AT, `${failedAt}`);
  }
  const key = well(EXACT_KEY, record.key);
  if (exact) put(EXACT, JSON.stringify(exact));
  if (record.enqueuedAt > 0 && record.enqueuedAt <= MAX_EVENT_TIME) return { key, eventTime: record.enqueuedAt };
  put(ENQUEUED_AT, `${record.enqueuedAt}`);
  return { key, eventTime: 0 };
}

/** A count from a property; `otherwise` where it is missing or no count, as another client may have written anything. */
function count(text: string | undefined, otherwise: number): number {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return otherwise;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : otherwise;
}

const NO_TEXTS: Record<string, unknown> = {};

function exactTexts(json: string | undefined): Record<string, unknown> {
  if (json === undefined) return NO_TEXTS;
  try {
    const texts: unknown = JSON.parse(json);
    return typeof texts === "object" && texts !== null ? (texts as Record<string, unknown>) : NO_TEXTS;
  } catch {
    return NO_TEXTS;
  }
}

/**
 * The record of a message, whose position is `messageId`. Never throws: messages that another client published without our
 * properties become records that the layers can settle, with that as their id, too.
 */
export function recordOf(
  { properties, key, eventTime }: PulsarMessage,
  payload: Uint8Array,
  messageId: string,
): Message {
  const exact = exactTexts(properties[EXACT]);
  const text = (name: string, found: string | undefined): string => {
    const precise = exact[name];
    return typeof precise === "string" ? precise : (found ?? "");
  };
  const isOurs = properties[VERSION] !== undefined;
  const notBefore = count(properties[NOT_BEFORE], 0);
  const message: Message = {
    position: messageId,
    id: text("fivefold-id", properties["fivefold-id"] ?? (isOurs ? "" : messageId)),
    useCase: text("fivefold-use-case", properties["fivefold-use-case"]),
    version: count(properties[VERSION], 1),
    enqueuedAt: count(properties[ENQUEUED_AT], eventTime),
    dueAt: count(properties[DUE_AT], 0),
    key: text(EXACT_KEY, key),
    attempt: count(properties[ATTEMPT], 1),
    priority: priorityOf(properties[PRIORITY]),
    tenant: text("fivefold-tenant", properties["fivefold-tenant"]),
    dedupeId: text("fivefold-dedupe-id", properties["fivefold-dedupe-id"]),
    traceparent: text("traceparent", properties.traceparent),
    // Of another client's, which may have written anything.
    ...(properties.tracestate && { tracestate: readTracestate(properties.tracestate) }),
    subscription: text("fivefold-subscription", properties["fivefold-subscription"]),
    failure: failureOf(properties, text),
    payload,
  };
  return notBefore === 0 ? message : { ...message, notBefore };
}

function priorityOf(text: string | undefined): Priority {
  return text === "high" || text === "low" ? text : "normal";
}

function failureOf(
  properties: Readonly<Record<string, string>>,
  text: (name: string, found: string | undefined) => string,
): Failure | undefined {
  const reason = properties[FAILURE_REASON];
  if (reason === undefined) return undefined;
  return {
    reason: reason as FailureReason,
    message: text(FAILURE_MESSAGE, properties[FAILURE_MESSAGE]),
    subscription: text(FAILURE_SUBSCRIPTION, properties[FAILURE_SUBSCRIPTION]),
    failedAt: count(properties[FAILED_AT], 0),
  };
}
