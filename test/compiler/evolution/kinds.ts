import type { Enum, EnumMember, IntType, Message, Type, Union } from "../../../compiler/model/model.ts";
import {
  enumOf,
  enumRef,
  FLOAT,
  INT,
  list,
  message,
  messageOf,
  messageRef,
  nullable,
  record,
  TEXT,
  unionOf,
  unionRef,
} from "../emit/models.ts";

/*
 * The kinds of fields that a schema may have.
 */

/** A field's type, with all that it refers to. */
export interface Kind {
  readonly label: string;
  readonly type: Type;
  readonly messages?: readonly Message[];
  readonly enums?: readonly Enum[];
  readonly unions?: readonly Union[];
}

const int = (min: number, max: number): IntType => ({ kind: "int", wire: min < 0 ? "int32" : "uint32", min, max });
const FIXED32: IntType = { kind: "int", wire: "fixed32", min: 0, max: 2 ** 32 - 1 };
const INT64: IntType = { kind: "int", wire: "int64", min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };
const UINT: Type = { kind: "int", wire: "uint64", min: 0, max: Number.MAX_SAFE_INTEGER };
const BIG: Type = { kind: "bigint" };
const DATE: Type = { kind: "timestamp" };

/** A variant `kind: name`, with a field of its own. */
function variant(name: string): { readonly message: Message; readonly tag: Enum } {
  return {
    message: message(name, { kind: enumRef(`${name}Kind`), [`of${name}`]: TEXT }),
    tag: enumOf(`${name}Kind`, name),
  };
}

/** A union of messages by their kind. */
export function union(...names: readonly string[]): Pick<Kind, "type" | "messages" | "enums" | "unions"> {
  const variants = names.map(variant);
  return {
    type: unionRef("Choice"),
    messages: variants.map((one) => one.message),
    enums: variants.map((one) => one.tag),
    unions: [unionOf("Choice", ...names.map(messageRef))],
  };
}

const choice = (...values: readonly EnumMember["value"][]): Pick<Kind, "type" | "enums"> => ({
  type: enumRef("Colour"),
  enums: [enumOf("Colour", ...values)],
});

const part = (fields: Readonly<Record<string, Type>>): Pick<Kind, "type" | "messages"> => ({
  type: messageRef("Part"),
  messages: [message("Part", fields)],
});

const tuple = (isOpen: boolean, ...elements: readonly (readonly [name: string, type: Type])[]) => ({
  type: messageRef("Part"),
  messages: [{ ...messageOf("Part", elements), tuple: { isOpen } }],
});

export const KINDS: readonly Kind[] = [
  { label: "text", type: TEXT },
  { label: "text to 5", type: { kind: "text", maxLength: 5 } },
  { label: "text from 1", type: { kind: "text", minLength: 1 } },
  { label: "text from 1 to 40", type: { kind: "text", minLength: 1, maxLength: 40 } },
  { label: "text /^a/", type: { kind: "text", pattern: "^a" } },
  { label: "uuid", type: { kind: "text", format: "uuid" } },
  { label: "int", type: INT },
  { label: "uint", type: UINT },
  { label: "int -5 to 5", type: int(-5, 5) },
  { label: "int 0 to 10", type: int(0, 10) },
  { label: "int 1 to 10", type: int(1, 10) },
  { label: "bigint", type: BIG },
  { label: "float", type: FLOAT },
  { label: "float 0 to 1", type: { kind: "float", min: 0, max: 1 } },
  { label: "sint", type: { kind: "int", wire: "sint64", min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER } },
  { label: "sint32", type: { kind: "int", wire: "sint32", min: -(2 ** 31), max: 2 ** 31 - 1 } },
  { label: "fixed32", type: { kind: "int", wire: "fixed32", min: 0, max: 2 ** 32 - 1 } },
  { label: "sfixed32", type: { kind: "int", wire: "sfixed32", min: -(2 ** 31), max: 2 ** 31 - 1 } },
  { label: "bigint as sint64", type: { kind: "bigint", wire: "sint64" } },
  { label: "bigint as uint64", type: { kind: "bigint", wire: "uint64" } },
  { label: "bigint as fixed64", type: { kind: "bigint", wire: "fixed64" } },
  { label: "float of 32 bits", type: { kind: "float", wire: "float" } },
  { label: "boolean", type: { kind: "boolean" } },
  { label: "true", type: { kind: "boolean", only: true } },
  { label: "false", type: { kind: "boolean", only: false } },
  { label: "date", type: DATE },
  { label: "bytes", type: { kind: "bytes" } },
  { label: "bytes to 2", type: { kind: "bytes", maxLength: 2 } },
  { label: "null", type: { kind: "null" } },
  { label: "json", type: { kind: "json" } },
  { label: "red|green", ...choice("red", "green") },
  { label: "red|green|blue", ...choice("red", "green", "blue") },
  { label: "red", ...choice("red") },
  { label: "200|404", ...choice(200, 404) },
  { label: "{a}", ...part({ a: TEXT }) },
  { label: "{a,b?}", ...part({ a: TEXT, "b?": INT }) },
  { label: "{a,b}", ...part({ a: TEXT, b: INT }) },
  { label: "{a?}", ...part({ "a?": TEXT }) },
  { label: "Round|Square", ...union("Round", "Square") },
  { label: "Round|Square|Flat", ...union("Round", "Square", "Flat") },
  { label: "text|date", type: unionRef("Choice"), unions: [unionOf("Choice", TEXT, DATE)] },
  { label: "text|date|int", type: unionRef("Choice"), unions: [unionOf("Choice", TEXT, DATE, INT)] },
  { label: "[text]", ...tuple(false, ["0", TEXT]) },
  { label: "[text,int]", ...tuple(false, ["0", TEXT], ["1", INT]) },
  { label: "[text,int?]", ...tuple(false, ["0", TEXT], ["1?", INT]) },
  { label: "[text,int|null]", ...tuple(false, ["0", TEXT], ["1", nullable(INT)]) },
  { label: "[text,...int[]]", ...tuple(true, ["0", TEXT], ["1", list(INT)]) },
  { label: "[text,int[]]", ...tuple(false, ["0", TEXT], ["1", list(INT)]) },
  { label: "text[]", type: list(TEXT) },
  { label: "text[] from 1", type: { kind: "array", items: TEXT, minItems: 1 } },
  { label: "text[] to 1", type: { kind: "array", items: TEXT, maxItems: 1 } },
  { label: "(text to 5)[]", type: list({ kind: "text", maxLength: 5 }) },
  { label: "int[]", type: list(INT) },
  { label: "bigint[]", type: list(BIG) },
  { label: "(text|null)[]", type: list(nullable(TEXT)) },
  { label: "text[][]", type: list(list(TEXT)) },
  { label: "{a}[]", ...part({ a: TEXT }), type: list(messageRef("Part")) },
  { label: "({a}|null)[]", ...part({ a: TEXT }), type: list(nullable(messageRef("Part"))) },
  { label: "map of text", type: record(TEXT) },
  { label: "map of int", type: record(INT) },
  { label: "map of text by int", type: { kind: "record", keys: int(-5, 5), values: TEXT } },
  { label: "map of text by int64", type: { kind: "record", keys: INT64, values: TEXT } },
  { label: "map of text by fixed32", type: { kind: "record", keys: FIXED32, values: TEXT } },
  { label: "map of text[]", type: record(list(TEXT)) },
];

export const kindOf = (label: string): Kind => KINDS.find((kind) => kind.label === label)!;
