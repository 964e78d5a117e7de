import type { Event, UseCase } from "../model/model.ts";
import { lowerCamel, upperCamel } from "../model/naming.ts";
import type { Output } from "../model/output.ts";
import { remembered } from "../model/remembered.ts";
import { type Json, type JsonObject, objectText, propertyText } from "./json-layout.ts";
import { eventSchemas, SHARED } from "./json-schema.ts";
import { unique } from "./names.ts";
import { mark } from "./source.ts";
import { docOf, summaryOf } from "./use-case-doc.ts";
import { namesOf } from "./wrappers.ts";

const PATH = "generated/openapi.json";

/**
 * `openapi.json`: what an HTTP gateway offers, in OpenAPI 3.1: a path for each use case, which takes its event as JSON.
 * How callers are let in is for those to say who put the gateway up.
 */
export function emitOpenApi(useCases: readonly UseCase[]): Output {
  const owners = [...new Set(useCases.map(({ owner }) => owner))].sort();
  const info = {
    title: "Events to enqueue",
    version: "1",
    description: `${mark("usecases/")} Security is added by whoever puts the gateway up.`,
  };
  const parts = useCases.map(openApiParts);
  const shared = Object.values(SHARED).map(({ name, schema }) => [name, schema] as const);
  const schemas = [...shared, ...Object.entries(SCHEMAS)].map(([name, schema]) => propertyText(name, schema, "      "));
  const components = [
    propertyText("responses", RESPONSES, "    "),
    propertyText("headers", HEADERS, "    "),
    `    "schemas": ${objectText([...schemas, ...parts.flatMap(({ schemas }) => schemas)], "    ")}`,
  ];
  const document = [
    propertyText("openapi", "3.1.1", "  "),
    propertyText("info", info, "  "),
    propertyText(
      "tags",
      owners.map((name) => ({ name })),
      "  ",
    ),
    `  "paths": ${objectText(
      parts.map(({ path }) => path),
      "  ",
    )}`,
    `  "components": ${objectText(components, "  ")}`,
  ];
  return { path: PATH, text: `${objectText(document, "")}\n` };
}

/** What a use case adds to the document, laid out. */
interface Parts {
  readonly path: string;
  readonly schemas: readonly string[];
}

const openApiParts = remembered(
  (useCase): Parts => ({
    path: pathText(useCase),
    schemas: schemasOf(useCase.name, useCase.event).map(([key, schema]) => propertyText(key, schema, "      ")),
  }),
);

/** The event as `place-order`, what it holds as `place-order.OrderLine`. */
function schemasOf(useCase: string, event: Event): (readonly [name: string, schema: JsonObject])[] {
  const taken = new Set<string>();
  // Names of components are of ASCII.
  const names = new Map(namesOf(event).map((name) => [name, `${useCase}.${unique(upperCamel(name), taken)}`]));
  names.set(event.name, useCase);
  const { root, definitions } = eventSchemas(event, {
    own: (name) => `#/components/schemas/${names.get(name)}`,
    shared: (name) => `#/components/schemas/${name}`,
  });
  return [
    [useCase, { title: event.name, ...root }],
    ...definitions.map(([name, schema]) => [names.get(name)!, schema] as const),
  ];
}

/** A path has one operation, which says too much for one line. */
function pathText(useCase: UseCase): string {
  const { name, owner } = useCase;
  const summary = summaryOf(useCase);
  const description = docOf(useCase);
  const property = (key: string, value: Json) => propertyText(key, value, "        ", ",");
  const operation = [
    property("operationId", lowerCamel(name)),
    property("tags", [owner]),
    ...(summary === "" ? [] : [property("summary", summary)]),
    ...(description === summary ? [] : [property("description", description)]),
    property("requestBody", { required: true, content: json(name) }),
    RESPONSES_TEXT,
  ];
  const post = `      "post": ${objectText(operation, "      ")}`;
  return `    ${JSON.stringify(`/v1/${name}`)}: ${objectText([post], "    ")}`;
}

const STATUSES = { 202: "Accepted", 400: "Invalid", 413: "TooLarge", 429: "Throttled", 503: "Unavailable" } as const;

/** The same for all. */
const RESPONSES_TEXT = propertyText(
  "responses",
  Object.fromEntries(
    Object.entries(STATUSES).map(([status, response]) => [status, { $ref: `#/components/responses/${response}` }]),
  ),
  "        ",
);

function json(schema: string): JsonObject {
  return { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } };
}

const RETRY_AFTER: JsonObject = { "Retry-After": { $ref: "#/components/headers/RetryAfter" } };

const RESPONSES: JsonObject = {
  Accepted: { description: "The event is stored, and will be handled at least once.", content: json("Receipt") },
  Invalid: { description: "The event breaks rules of its schema. Nothing was stored.", content: json("Refusal") },
  TooLarge: {
    description: "The event takes more bytes than its use case accepts. Nothing was stored.",
    content: json("Refusal"),
  },
  Throttled: {
    description: "There are too many events at present. Nothing was stored.",
    headers: RETRY_AFTER,
    content: json("Refusal"),
  },
  Unavailable: {
    description: "Events can't be stored at present. Send it again: it is not known whether this one was.",
    headers: RETRY_AFTER,
    content: json("Refusal"),
  },
};

const HEADERS: JsonObject = {
  RetryAfter: { description: "Seconds to wait.", schema: { type: "integer", minimum: 0 } },
};

const SCHEMAS: Readonly<Record<string, JsonObject>> = {
  Receipt: {
    type: "object",
    properties: {
      id: {
        description: "The task's id; for a duplicate, that of the task which was accepted before.",
        type: "string",
      },
      duplicate: { description: "Whether an event of the same dedupe id was accepted before.", type: "boolean" },
    },
    required: ["id", "duplicate"],
  },
  Refusal: {
    type: "object",
    properties: {
      code: { description: "What it is about: `invalid-event` and such.", type: "string" },
      message: { description: "What was found, where, and the rule.", type: "string" },
      violations: {
        description: "Every rule that the event breaks, 100 at most; of 400 alone.",
        type: "array",
        items: { $ref: "#/components/schemas/Violation" },
      },
    },
    required: ["code", "message"],
  },
  Violation: {
    type: "object",
    properties: {
      path: { description: "Where in the event: `lines[2].sku`; empty for the event itself.", type: "string" },
      rule: { description: "What it must be.", type: "string" },
      found: { description: "What it is: a kind and a size, no text.", type: "string" },
    },
    required: ["path", "rule", "found"],
  },
};
