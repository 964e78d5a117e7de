import { isSkippable, tellApartInJson } from "../../model/json-form.ts";
import type {
  ArrayType,
  BytesType,
  Enum,
  Event,
  FloatType,
  IntType,
  Message,
  TextType,
  Type,
  Union,
  UseCase,
} from "../../model/model.ts";
import { isUnsigned } from "../../model/number-encoding.ts";
import type { Output } from "../../model/output.ts";
import { isRest, tupleSize } from "../../model/tuples.ts";
import { TEXT_FORMATS } from "../../settings/text-formats.ts";
import { mark, textLines } from "../../text/source.ts";
import { everyType } from "../every-type.ts";
import { BASE64, base64Length, formatSchema, INT64, TIMESTAMP, UINT64 } from "../json/json-strings.ts";
import { type JsonObject, jsonText } from "../json-layout.ts";
import { unique } from "../names.ts";
import { packageName } from "../proto/proto-names.ts";
import { namesOf } from "../wrappers.ts";

/** Where the contract for JSON is. */
export function jsonSchemaPath(useCase: string): string {
  return `generated/contracts/${packageName(useCase)}.schema.json`;
}

/** The contract for JSON: what `fromJson` accepts and `toJson` makes, in JSON Schema 2020-12. */
export function emitJsonSchema({ name, file, event }: UseCase): Output {
  const names = new Set(namesOf(event));
  const shared = new Map<string, string>(
    sharedIn(event).map((kind) => [SHARED[kind].name, unique(SHARED[kind].name, names)]),
  );
  const { root, definitions } = eventSchemas(event, {
    own: (name) => (name === event.name ? "#" : `#/$defs/${encodeURIComponent(name)}`),
    shared: (name) => `#/$defs/${shared.get(name)}`,
  });
  const all = [
    ...definitions,
    ...sharedIn(event).map((kind) => [shared.get(SHARED[kind].name)!, SHARED[kind].schema] as const),
  ];
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $comment: mark(file),
    title: event.name,
    ...root,
    $defs: all.length > 0 ? Object.fromEntries(all) : undefined,
  };
  return { path: jsonSchemaPath(name), text: jsonText(schema) };
}

/** What strings of these kinds look like: the same wherever they are, so said once. */
export const SHARED = {
  timestamp: { name: "Timestamp", schema: TIMESTAMP },
  bigint: { name: "Int64", schema: INT64 },
  biguint: { name: "Uint64", schema: UINT64 },
  bytes: { name: "Base64", schema: BASE64 },
} as const;

type Shared = keyof typeof SHARED;

function sharedIn(event: Event): Shared[] {
  const used = new Set(everyType(event).map(sharedOf));
  return (Object.keys(SHARED) as Shared[]).filter((one) => used.has(one));
}

function sharedOf(type: Type): Shared | undefined {
  if (type.kind === "bigint" && isUnsigned(type)) return "biguint";
  return type.kind === "timestamp" || type.kind === "bigint" || type.kind === "bytes" ? type.kind : undefined;
}

/** The `$ref` of what is defined elsewhere, by its name. */
export interface References {
  /** Of the event's own types. */
  readonly own: (name: string) => string;
  readonly shared: (name: string) => string;
}

export interface EventSchemas {
  readonly root: JsonObject;
  /** Of the event's other types, by their names. */
  readonly definitions: readonly (readonly [name: string, schema: JsonObject])[];
}

interface Scope extends References {
  readonly event: Event;
}

export function eventSchemas(event: Event, references: References): EventSchemas {
  const scope = { ...references, event };
  const all = [
    ...event.messages.map((message) => [message.name, messageSchema(message, scope)] as const),
    ...event.unions.map((union) => [union.name, unionSchema(union, scope)] as const),
    ...event.enums.map((union) => [union.name, enumSchema(union)] as const),
  ];
  return {
    root: all.find(([name]) => name === event.name)![1],
    definitions: all.filter(([name]) => name !== event.name),
  };
}

function messageSchema(message: Message, scope: Scope): JsonObject {
  const { doc, fields, removed = [], tuple } = message;
  if (tuple) return described(doc, tupleSchema(message, scope));
  const properties = fields.map(({ name, type, doc }): [string, JsonObject] => [
    name,
    described(doc, typeSchema(type, scope)),
  ]);
  const gone = removed
    .filter(({ name }) => !fields.some((field) => field.name === name))
    .map(({ name }): [string, JsonObject] => [name, { description: "Removed: it is ignored.", deprecated: true }]);
  const required = fields.filter(({ optional }) => !optional).map(({ name }) => name);
  return described(doc, {
    type: "object",
    properties: Object.fromEntries([...properties, ...gone]),
    required: required.length > 0 ? required : undefined,
    additionalProperties: false,
  });
}

function tupleSchema(message: Message, scope: Scope): JsonObject {
  const { least, most } = tupleSize(message);
  const elements = message.fields.filter((field) => !isRest(message, field));
  const last = message.fields.at(-1);
  const items = last && isRest(message, last) && last.type.kind === "array" ? last.type.items : undefined;
  const prefixItems = elements.map((field) => {
    const schema = typeSchema(field.type, scope);
    const title = field.label === undefined ? {} : { title: field.label };
    return { ...title, ...described(field.doc, isSkippable(message, field) ? orNull(schema) : schema) };
  });
  return {
    type: "array",
    prefixItems: prefixItems.length > 0 ? prefixItems : undefined,
    items: items ? typeSchema(items, scope) : undefined,
    minItems: least || undefined,
    maxItems: most,
  };
}

function unionSchema(union: Union, scope: Scope): JsonObject {
  const { isDistinct } = tellApartInJson(union, scope.event);
  const variants = union.variants.map(({ name, type }) => {
    const schema = typeSchema(type, scope);
    if (isDistinct) return schema;
    return { type: "object", properties: { [name]: schema }, required: [name], additionalProperties: false };
  });
  return described(union.doc, { anyOf: variants });
}

function enumSchema({ doc, members }: Enum): JsonObject {
  return described(doc, { enum: members.map(({ value }) => value) });
}

function described(doc: string, schema: JsonObject): JsonObject {
  if (doc === "") return schema;
  const description = textLines(doc).join("\n");
  return description === "" ? schema : { description, ...schema };
}

function typeSchema(type: Type, scope: Scope): JsonObject {
  switch (type.kind) {
    case "text":
      return textSchema(type);
    case "int":
      return rangeSchema("integer", type);
    case "float":
      return rangeSchema("number", type.wire ? outwards(type) : type);
    case "json":
      return { description: "Any JSON value." };
    case "boolean":
      return type.only === undefined ? { type: "boolean" } : { const: type.only };
    case "bytes":
      return bytesSchema(type, scope);
    case "timestamp":
    case "bigint":
      return { $ref: scope.shared(SHARED[sharedOf(type)!].name) };
    case "enum":
    case "message":
    case "union":
      return { $ref: scope.own(type.name) };
    case "array":
      return arraySchema(type, scope);
    case "record":
      return {
        type: "object",
        propertyNames: type.keys && keySchema(type.keys),
        additionalProperties: typeSchema(type.values, scope),
      };
    case "null":
      return { type: "null" };
    case "nullable":
      return orNull(typeSchema(type.of, scope));
  }
}

/** Lengths are in Unicode's code points here, and in UTF-16's units for us: a character beyond the BMP counts twice. */
function textSchema({ minLength, maxLength, pattern, format }: TextType): JsonObject {
  const formatted = format && formatSchema(format);
  const most = Math.min(maxLength ?? Number.POSITIVE_INFINITY, formatted?.maxLength ?? Number.POSITIVE_INFINITY);
  return {
    type: "string",
    format: format && TEXT_FORMATS[format].isOfJsonSchema ? format : undefined,
    minLength: minLength || undefined,
    maxLength: Number.isFinite(most) ? most : undefined,
    pattern: formatted?.pattern ?? pattern,
    allOf: formatted && pattern !== undefined ? [{ pattern }] : undefined,
  };
}

function rangeSchema(type: "integer" | "number", { min, max }: IntType | FloatType): JsonObject {
  return { type, minimum: min, maximum: max };
}

/** The nearest number of 32 bits may lie beyond a bound, and is what comes back. */
function outwards({ min, max }: FloatType): FloatType {
  return {
    kind: "float",
    ...(min !== undefined && { min: Math.min(min, Math.fround(min)) }),
    ...(max !== undefined && { max: Math.max(max, Math.fround(max)) }),
  };
}

/** Of the digits; a range can't be said of them. */
function keySchema(keys: IntType): JsonObject {
  return { pattern: keys.min < 0 ? "^(0|-?[1-9][0-9]{0,15})$" : "^(0|[1-9][0-9]{0,15})$" };
}

/** Limits are in bytes; where the characters of base64 leave it open how many bytes there are, their padding tells. */
function bytesSchema({ minLength = 0, maxLength }: BytesType, { shared }: Scope): JsonObject {
  const least = base64Length(minLength);
  const most = maxLength === undefined ? undefined : base64Length(maxLength);
  const tails = [
    ...(minLength % 3 === 0 && minLength > 0 ? [{ anyOf: [{ minLength: least + 1 }, { pattern: "[^=]$" }] }] : []),
    ...(minLength % 3 === 2 ? [{ anyOf: [{ minLength: least + 1 }, { pattern: "[^=]=?$" }] }] : []),
    ...(most !== undefined && maxLength! % 3 === 1 ? [{ anyOf: [{ maxLength: most - 1 }, { pattern: "==$" }] }] : []),
    ...(most !== undefined && maxLength! % 3 === 2 ? [{ anyOf: [{ maxLength: most - 1 }, { pattern: "=$" }] }] : []),
  ];
  return {
    $ref: shared(SHARED.bytes.name),
    // Without, strict validators hold the limits to be of no use.
    type: least || most !== undefined ? "string" : undefined,
    minLength: least || undefined,
    maxLength: most,
    allOf: tails.length > 0 ? tails : undefined,
  };
}

function arraySchema({ items, minItems, maxItems }: ArrayType, scope: Scope): JsonObject {
  return { type: "array", items: typeSchema(items, scope), minItems: minItems || undefined, maxItems };
}

function orNull(schema: JsonObject): JsonObject {
  const { type, ...rules } = schema;
  return typeof type === "string" && !("$ref" in rules)
    ? { type: [type, "null"], ...rules }
    : { anyOf: [schema, { type: "null" }] };
}
