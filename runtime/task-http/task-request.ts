import type { Message, TargetFormat } from "../contract/contract.ts";
import { readTracestate } from "../contract/tracestate.ts";
import { CALLBACK_HEADER, CALLBACK_PATH, callbackId } from "./callback.ts";

/*
 * A task as an HTTP request: a CloudEvent in binary mode (https://cloudevents.io, HTTP binding 1.0), what Fivefold knows of
 * the try beside it, and a Standard Webhooks signature. docs/targets.md tells it to whoever writes a receiver.
 */

export const CONTENT_TYPES: Readonly<Record<TargetFormat, string>> = {
  json: "application/json",
  protobuf: "application/protobuf",
};

/** A receiver's own word on what a try came to: `done`, `retry` or `reject`. Tells it from a host that fails. */
export const OUTCOME_HEADER = "fivefold-outcome";

/** Longest key that is sent along: longer ones would not fit into what servers take of headers. */
const LONGEST_KEY = 1_024;

/** A signature of which try it is, and of where its outcome is told to; of a first one that is told nowhere, there is none. */
export const TRY_SIGNATURE_HEADER = "fivefold-signature";

/**
 * A value as CloudEvents has it in a header: printable ASCII as it is, all else, blanks, quotes and percent signs by the
 * percent encoding of its UTF-8. So no value of an event can end a header.
 */
function encodeHeader(value: string): string {
  if (/^[!#-$&-~]*$/.test(value)) return value;
  let encoded = "";
  for (const byte of Buffer.from(value)) {
    const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** What `encodeHeader` was given. A malformed encoding stands for itself. */
export function decodeHeader(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What of a task's request does not change from one task to the next. */
export interface RequestShape {
  readonly useCase: string;
  readonly subscriber: string;
  /** The event version that JSON is of; encoded bytes are of the version that wrote them. */
  readonly version: number;
  readonly format: TargetFormat;
  readonly timeoutMs: number;
  /** Where workers are called back, without a slash at its end. Absent: nowhere. */
  readonly callbackUrl?: string | undefined;
}

/** Texts of times, of which many tasks in a row have the same. */
function createTimeText(): (ms: number) => string {
  let last = Number.NaN;
  let text = "";
  return (ms) => {
    if (ms !== last) {
      text = new Date(ms).toISOString();
      last = ms;
    }
    return text;
  };
}

/**
 * Makes the headers of tasks' requests, without their signatures: names and values in turn. `now` is in ms since the Unix
 * epoch.
 */
export function createTaskHeaders(shape: RequestShape): (task: Message, now: number) => string[] {
  const { useCase, subscriber, version, format, timeoutMs } = shape;
  const source = `/fivefold/${useCase}`;
  const enqueuedText = createTimeText();
  const deadlineText = createTimeText();
  return (task, now) => {
    const { key, traceparent, tracestate, enqueuedAt, dueAt } = task;
    // biome-ignore format: a header a line.
    const headers = [
      "content-type", CONTENT_TYPES[format],
      "ce-specversion", "1.0",
      "ce-id", encodeHeader(task.id),
      "ce-source", source,
      "ce-type", useCase,
      "ce-time", enqueuedText(enqueuedAt),
      "ce-eventversion", String(format === "json" ? version : task.version),
      "fivefold-subscriber", subscriber,
      "fivefold-attempt", String(task.attempt),
      "fivefold-timeout-ms", String(timeoutMs),
      "fivefold-deadline", deadlineText(now + timeoutMs),
    ];
    const callback = callbackOf(shape, task);
    if (callback !== "") headers.push(CALLBACK_HEADER, callback);
    if (dueAt > enqueuedAt) headers.push("fivefold-due", new Date(dueAt).toISOString());
    const partitionKey = key === "" ? "" : encodeHeader(key);
    if (partitionKey !== "" && partitionKey.length <= LONGEST_KEY) headers.push("ce-partitionkey", partitionKey);
    if (traceparent !== "") headers.push("traceparent", encodeHeader(traceparent));
    // As it is, since what is read is printable ASCII: a percent encoding would be another list.
    const list = tracestate ? readTracestate(tracestate) : "";
    if (list !== "") headers.push("tracestate", list);
    return headers;
  };
}

/** Where the outcome of a try is told to that is answered by 202; empty: nowhere. */
export function callbackOf({ callbackUrl, useCase, subscriber }: RequestShape, { id, attempt }: Message): string {
  return callbackUrl === undefined ? "" : callbackUrl + CALLBACK_PATH + callbackId(useCase, subscriber, id, attempt);
}

/** What is signed for an id: of whom it is, so that no other receiver takes it for its own. */
export function webhookId(
  { useCase, subscriber }: Pick<RequestShape, "useCase" | "subscriber">,
  taskId: string,
): string {
  return `${useCase}/${subscriber}/${encodeHeader(taskId)}`;
}
