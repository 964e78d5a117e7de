import type { Event, UseCase } from "../../model/model.ts";
import { lowerCamel, upperCamel } from "../../model/naming.ts";
import { isUnsigned } from "../../model/number-encoding.ts";
import type { Output } from "../../model/output.ts";
import { remembered } from "../../model/remembered.ts";
import { mark } from "../../text/source.ts";
import { everyType } from "../every-type.ts";
import { type Json, type JsonObject, objectText, propertyText } from "../json-layout.ts";
import { unique } from "../names.ts";
import { docOf, summaryOf } from "../pages/use-case-doc.ts";
import { packageName, protoNames } from "../proto/proto-names.ts";
import { namesOf } from "../wrappers.ts";
import { eventSchemas, SHARED } from "./json-schema.ts";
import {
  ANSWERS,
  HEADERS,
  PARAMETERS,
  PARAMETERS_TEXT,
  RESPONSES,
  SCHEMAS,
  SECURITY_SCHEMES,
} from "./openapi-components.ts";

const PATH = "generated/openapi.json";

/** `openapi.json`: what `fivefold gateway` serves, in OpenAPI 3.1. */
export function emitOpenApi(useCases: readonly UseCase[]): Output {
  const owners = [...new Set(useCases.map(({ owner }) => owner))].sort();
  const info = {
    title: "Events to enqueue",
    version: "1",
    description: mark("usecases/"),
  };
  const parts = useCases.map(openApiParts);
  const shared = Object.entries(SHARED)
    .filter(([kind]) => kind !== "biguint" || useCases.some(({ event }) => hasUnsigned(event)))
    .map(([, { name, schema }]) => [name, schema] as const);
  const schemas = [...shared, ...Object.entries(SCHEMAS)].map(([name, schema]) => propertyText(name, schema, "      "));
  const components = [
    propertyText("parameters", PARAMETERS, "    "),
    propertyText("responses", RESPONSES, "    "),
    propertyText("headers", HEADERS, "    "),
    propertyText("securitySchemes", SECURITY_SCHEMES, "    "),
    `    "schemas": ${objectText([...schemas, ...parts.flatMap(({ schemas }) => schemas)], "    ")}`,
  ];
  const document = [
    propertyText("openapi", "3.1.1", "  "),
    propertyText("info", info, "  "),
    propertyText("security", [{ token: [] }], "  "),
    propertyText(
      "tags",
      owners.map((name) => ({ name })),
      "  ",
    ),
    `  "paths": ${objectText(
      parts.flatMap(({ paths }) => paths),
      "  ",
    )}`,
    `  "components": ${objectText(components, "  ")}`,
  ];
  return { path: PATH, text: `${objectText(document, "")}\n` };
}

const hasUnsigned = remembered((event: Event) =>
  everyType(event).some((type) => type.kind === "bigint" && isUnsigned(type)),
);

/** What a use case adds to the document, laid out. */
interface Parts {
  readonly paths: readonly string[];
  readonly schemas: readonly string[];
}

const openApiParts = remembered(
  (useCase): Parts => ({
    paths: pathTexts(useCase),
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

/** The ways in: an event, a batch of them, a stream. */
function pathTexts(useCase: UseCase): readonly string[] {
  const { name } = useCase;
  const event: JsonObject = { $ref: `#/components/schemas/${name}` };
  const summary = summaryOf(useCase);
  const description = docOf(useCase);
  return [
    pathText(useCase, "one", "", {
      summary: summary === "" ? undefined : summary,
      description: description === summary ? undefined : description,
      requestBody: bodyOf(event, binaryDoc(useCase, "")),
    }),
    pathText(useCase, "batch", "/batch", {
      summary: "Many of them, of which all are stored or none.",
      requestBody: bodyOf({ type: "array", maxItems: MOST_IN_BATCH, items: event }, binaryDoc(useCase, "s")),
    }),
    pathText(useCase, "stream", "/stream", {
      summary: "Any number of them, each stored or refused by itself.",
      requestBody: {
        description: "An event a line, each as `application/json` has it.",
        required: true,
        content: { "application/x-ndjson": {} },
      },
    }),
  ];
}

const MOST_IN_BATCH = 10_000;

/** An operation's name, apart from its suffix, has no underscore. */
const OPERATIONS = { one: "", batch: "_batch", stream: "_stream" } as const;

function pathText({ name, owner }: UseCase, way: keyof typeof OPERATIONS, end: string, says: JsonObject): string {
  const property = (key: string, value: Json) => propertyText(key, value, "        ", ",");
  const operation = [
    property("operationId", `${lowerCamel(name)}${OPERATIONS[way]}`),
    property("tags", [owner]),
    ...Object.entries(says).flatMap(([key, value]) => (value === undefined ? [] : [property(key, value)])),
    ANSWERS[way],
  ];
  const post = `      "post": ${objectText(operation, "      ")}`;
  return `    ${JSON.stringify(`/v1/${name}${end}`)}: ${objectText([PARAMETERS_TEXT, post], "    ")}`;
}

function bodyOf(schema: JsonObject, description: string): JsonObject {
  const content = { "application/json": { schema }, "application/protobuf": {}, "application/avro": {} };
  return { description, required: true, content };
}

/** What a schema of JSON can't say. */
function binaryDoc({ name, event }: UseCase, plural: "" | "s"): string {
  const files = packageName(name);
  const message = protoNames(event).type(event.name);
  return plural
    ? `In protobuf the messages, each behind its length; in Avro an object container file without compression, of the schema ${files}.avsc.`
    : `In protobuf the message ${message} of contracts/${files}.proto; in Avro a single object of contracts/${files}.avsc.`;
}
