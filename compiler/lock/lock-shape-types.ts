import type { Type } from "../model/model.ts";
import { TEXT_FORMAT_NAMES } from "../settings/text-formats.ts";
import type { Json } from "../text/json.ts";
import { entriesOf, stringOf, wrong } from "./lock-json.ts";

/** Reads a property of a type; throws a LockFault on anything else. */
type ReadProperty = (json: Json) => unknown;

interface Properties {
  readonly required: Readonly<Record<string, ReadProperty>>;
  readonly optional: Readonly<Record<string, ReadProperty>>;
}

const INTEGERS = [
  "int32",
  "int64",
  "uint32",
  "uint64",
  "sint32",
  "sint64",
  "fixed32",
  "fixed64",
  "sfixed32",
  "sfixed64",
];
const LENGTHS = { minLength: readCount, maxLength: readCount };
const NAMED: Properties = { required: { name: stringOf }, optional: {} };
const NONE: Properties = { required: {}, optional: {} };

/** What the lock knows of each kind of type. */
const KINDS: Readonly<Record<Type["kind"], Properties>> = {
  text: {
    required: {},
    optional: { ...LENGTHS, pattern: readPattern, format: oneOf(...TEXT_FORMAT_NAMES) },
  },
  int: {
    required: { wire: oneOf(...INTEGERS), min: readNumber, max: readNumber },
    optional: {},
  },
  float: { required: {}, optional: { wire: oneOf("float"), min: readNumber, max: readNumber } },
  bigint: { required: {}, optional: { wire: oneOf("uint64", "sint64", "fixed64", "sfixed64") } },
  boolean: { required: {}, optional: { only: readBoolean } },
  timestamp: NONE,
  bytes: { required: {}, optional: LENGTHS },
  json: NONE,
  enum: NAMED,
  message: NAMED,
  union: NAMED,
  array: { required: { items: readType }, optional: { minItems: readCount, maxItems: readCount } },
  // `sparse` was once written, and says nothing of records.
  record: { required: { values: readType }, optional: { keys: readKeys, sparse: readBoolean } },
  null: NONE,
  nullable: { required: { of: readType }, optional: {} },
};

const max = Number.MAX_SAFE_INTEGER;
const WIDEST = {
  int: { kind: "int", wire: "int64", min: -max, max },
  uint: { kind: "int", wire: "uint64", min: 0, max },
} as const satisfies Readonly<Record<string, Type>>;

/** A type as a shape's JSON has it: an object, or its kind alone. Throws a LockFault. */
export function readType(json: Json): Type {
  const kindJson = json.kind === "object" ? json.entries.get("kind") : json;
  if (!kindJson) throw wrong("'kind' is missing", json);
  const kind = stringOf(kindJson);
  if (json.kind !== "object" && Object.hasOwn(WIDEST, kind)) return WIDEST[kind as keyof typeof WIDEST];
  if (!isKind(kind)) throw wrong(`'${kind}' is no kind of type`, kindJson);
  const { required, optional } = KINDS[kind];
  const readers: Readonly<Record<string, ReadProperty>> = { ...required, ...optional };
  if (json.kind !== "object") {
    const [missing] = Object.keys(required);
    if (missing !== undefined) throw wrong(`a type of kind '${kind}' has a '${missing}'`, json);
    return { kind } as Type;
  }
  const entries = entriesOf(json, ["kind", ...Object.keys(required)], Object.keys(optional));
  const properties = Object.keys(readers).filter((name) => entries.has(name));
  const values = properties.map((name) => [name, readers[name]?.(entries.get(name)!)] as const);
  // Each property was read as its kind has it, which TypeScript can't follow.
  return { kind, ...Object.fromEntries(values) } as Type;
}

/** A map's keys are strings where nothing is said, and else integers. */
function readKeys(json: Json): Type {
  const keys = readType(json);
  if (keys.kind === "int") return keys;
  throw wrong("there must be a type of integers", json);
}

function isKind(kind: string): kind is Type["kind"] {
  return Object.hasOwn(KINDS, kind);
}

function readNumber(json: Json): number {
  if (json.kind === "scalar" && typeof json.value === "number") return json.value;
  throw wrong("there must be a number", json);
}

function readCount(json: Json): number {
  const count = readNumber(json);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw wrong("there must be an integer from 0", json);
}

function readBoolean(json: Json): boolean {
  if (json.kind === "scalar" && typeof json.value === "boolean") return json.value;
  throw wrong("there must be true or false", json);
}

function readPattern(json: Json): string {
  const pattern = stringOf(json);
  try {
    new RegExp(pattern, "u");
  } catch {
    throw wrong("there must be a regular expression", json);
  }
  return pattern;
}

function oneOf(...names: readonly string[]): ReadProperty {
  return (json) => {
    const name = stringOf(json);
    if (names.includes(name)) return name;
    throw wrong(`there must be one of ${names.join(", ")}`, json);
  };
}
