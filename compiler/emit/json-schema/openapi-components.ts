import { type Json, type JsonObject, propertyText } from "../json-layout.ts";

/*
 * What all use cases' paths share in `openapi.json`: what `fivefold gateway` takes besides events, and what it answers.
 */

const PROBLEM: JsonObject = {
  "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
};

const RETRY_AFTER: JsonObject = { "Retry-After": { $ref: "#/components/headers/RetryAfter" } };

/** By status; what is told of each is in `RESPONSES`. */
const PROBLEMS = {
  400: "Invalid",
  401: "Unauthenticated",
  403: "Forbidden",
  408: "Slow",
  409: "Conflict",
  413: "TooLarge",
  415: "UnsupportedContent",
  429: "Throttled",
  500: "Failed",
  503: "Unavailable",
} as const;

function responsesText(status: string, response: string): string {
  const all = [[status, response], ...Object.entries(PROBLEMS)];
  const references = all.map(([status, name]) => [status, { $ref: `#/components/responses/${name}` }] as const);
  return propertyText("responses", Object.fromEntries(references), "        ");
}

/** The answers of each way in, laid out. */
export const ANSWERS = {
  one: responsesText("202", "Accepted"),
  batch: responsesText("202", "AllAccepted"),
  stream: responsesText("200", "Answers"),
} as const;

export const RESPONSES: JsonObject = {
  Accepted: {
    description: "The event is stored, and will be handled at least once.",
    content: { "application/json": { schema: { $ref: "#/components/schemas/Receipt" } } },
  },
  AllAccepted: {
    description: "All events are stored, and will be handled at least once.",
    content: { "application/json": { schema: { $ref: "#/components/schemas/Receipts" } } },
  },
  Answers: {
    description:
      "A line for each event, in order, as soon as it is stored or refused, each an `Answer`; then one `StreamEnd`, without " +
      "which the answer is not whole.",
    content: { "application/x-ndjson": {} },
  },
  ...Object.fromEntries(
    Object.entries({
      Invalid: "The request, or an event by its schema, is invalid. Nothing was stored.",
      Unauthenticated: "There is no token, or none that the gateway knows. Nothing was stored.",
      Forbidden: "The token is not for this use case. Nothing was stored.",
      Slow: "The body did not come in time. Nothing was stored.",
      Conflict: "The dedupe id or Idempotency-Key stands for another event. Nothing was stored.",
      TooLarge: "The body, or an event, takes more bytes than are taken. Nothing was stored.",
      UnsupportedContent: "The body is of another type, or compressed. Nothing was stored.",
      Failed: "The gateway failed, which is a fault of its own.",
    }).map(([name, description]) => [name, { description, content: PROBLEM }]),
  ),
  Throttled: {
    description: "There are too many events at present. Nothing was stored.",
    headers: RETRY_AFTER,
    content: PROBLEM,
  },
  Unavailable: {
    description: "Events can't be stored at present. `mayBeStored` tells whether these may be all the same.",
    headers: RETRY_AFTER,
    content: PROBLEM,
  },
};

export const HEADERS: JsonObject = {
  RetryAfter: { description: "Seconds to wait.", schema: { type: "integer", minimum: 0 } },
};

function parameter(name: string, where: "header" | "query", description: string, schema: JsonObject): JsonObject {
  return { name, in: where, description, schema };
}

export const PARAMETERS: JsonObject = {
  Delay: parameter("delay", "query", "How long from now no handler runs.", {
    type: "string",
    pattern: "^\\d+(?:\\.\\d+)?(?:ms|s|m|h|d)$",
    examples: ["5m"],
  }),
  At: parameter("at", "query", "The time before which no handler runs, instead of `delay`.", {
    type: "string",
    format: "date-time",
  }),
  IdempotencyKey: parameter(
    "Idempotency-Key",
    "header",
    "The same events under this key are stored once within a day, of each producer. Where the use case has `dedupeBy`, that decides.",
    { type: "string", minLength: 1, maxLength: 255, pattern: "^[!-~]+$" },
  ),
  Traceparent: parameter("traceparent", "header", "W3C trace context, for the handler. A malformed one is dropped.", {
    type: "string",
  }),
};

/** Of every path, laid out. */
export const PARAMETERS_TEXT = propertyText(
  "parameters",
  Object.keys(PARAMETERS).map((name) => ({ $ref: `#/components/parameters/${name}` })),
  "      ",
);

export const SECURITY_SCHEMES: JsonObject = {
  token: {
    type: "http",
    scheme: "bearer",
    description: "Made by `fivefold new-token`, for a producer and its use cases. `fivefold dev` asks for none.",
  },
};

function object(properties: JsonObject, ...optional: readonly string[]): JsonObject {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", properties, required };
}

const COUNT: JsonObject = { type: "integer", minimum: 0 };
const LINE: JsonObject = { description: "The line's number, from 1.", type: "integer", minimum: 1 };
const ID: Json = {
  description: "The task's id; for a duplicate, that of the task which was accepted before.",
  type: "string",
};
const DUPLICATE: Json = { description: "Whether the same event was accepted before.", type: "boolean" };
const PROBLEM_SCHEMA: JsonObject = { $ref: "#/components/schemas/Problem" };

export const SCHEMAS: Readonly<Record<string, JsonObject>> = {
  Receipt: object({ id: ID, duplicate: DUPLICATE }),
  Receipts: object({
    receipts: {
      description: "In the order of the events.",
      type: "array",
      items: { $ref: "#/components/schemas/Receipt" },
    },
  }),
  Answer: {
    oneOf: [object({ line: LINE, id: ID, duplicate: DUPLICATE }), object({ line: LINE, problem: PROBLEM_SCHEMA })],
  },
  StreamEnd: object(
    {
      done: { description: "Whether all lines were read.", type: "boolean" },
      accepted: COUNT,
      duplicates: COUNT,
      refused: COUNT,
      next: { ...LINE, description: "The first line that was not read." },
      problem: { ...PROBLEM_SCHEMA, description: "Why the others were not read." },
    },
    "next",
    "problem",
  ),
  Problem: object(
    {
      type: { description: "`urn:fivefold:problem:<code>`", type: "string", format: "uri" },
      title: { type: "string" },
      status: { type: "integer" },
      code: { description: "What it is about: `invalid-event` and such.", type: "string" },
      detail: { description: "What was found, where, and the rule.", type: "string" },
      fix: { description: "What to do about it.", type: "string" },
      mayBeStored: { description: "Whether events may be stored all the same: send the same again.", type: "boolean" },
      violations: {
        description: "Every rule that events break, 100 at most.",
        type: "array",
        items: { $ref: "#/components/schemas/Violation" },
      },
    },
    "violations",
  ),
  Violation: object(
    {
      index: { description: "Of the event in a batch, from 0.", ...COUNT },
      path: { description: "Where in the event: `lines[2].sku`; empty for the event itself.", type: "string" },
      rule: { description: "What it must be.", type: "string" },
      found: { description: "What it is: a kind and a size, no text.", type: "string" },
    },
    "index",
  ),
};
