import type { Earlier } from "../../model/earlier.ts";
import type { ArrayType, Field, Type } from "../../model/model.ts";
import { byNumber } from "../../model/protobuf.ts";
import { type Code, literal, onlyIf } from "../../text/source.ts";
import { typeText } from "../modules/type-text.ts";
import { EMPTY_FIELDS, isSeveral, type Marks, NULL_FIELDS, presentType } from "../presence.ts";
import { tagOf, wireType } from "../wire-types.ts";
import { isWrapped } from "../wrappers.ts";
import { lackingValue } from "./codec-earlier.ts";
import { inside, type Place } from "./codec-names.ts";
import { numberReader } from "./codec-numbers.ts";

/** A field on its way from the wire to a value. */
export interface Incoming {
  readonly number: number;
  /** Where it is neither absent nor null. */
  readonly type: Type;
  /** What it is when the wire has nothing of it; `either`: null if it is marked so, else undefined. */
  readonly missing: "zero" | "undefined" | "null" | "either";
  /** The variable that holds what was read so far. */
  readonly local: string;
  /** As an error calls it. */
  readonly label: string;
  readonly place: Place;
  /** What reads it where it is a message on the wire: after its parent's other fields, see `Reader.defer`. */
  readonly deferred?: string | undefined;
  /** What it is when records of earlier versions have nothing of it; see `Field`. */
  readonly earlier?: readonly Earlier[] | undefined;
}

/** The variables that hold a message's marks: see `Marks`. */
export interface MarkNames {
  readonly nulls: string;
  readonly empty: string;
}

/** What a field's Incoming says of its type. */
export function incomingType({ type, optional }: Pick<Field, "type" | "optional">): Pick<Incoming, "type" | "missing"> {
  const nullable = type.kind === "nullable";
  const missing = optional ? (nullable ? "either" : "undefined") : nullable ? "null" : "zero";
  return { type: presentType(type), missing };
}

/** Declares the variables and reads all fields into them. */
export function readFields(fields: readonly Incoming[], names: MarkNames): Code[] {
  const lists = fields.filter(({ type, missing, deferred }) => missing !== "zero" && !deferred && isSeveral(type));
  const nullable = fields.find(({ missing }) => missing === "either");
  const all = [...fields];
  if (nullable) all.push(marksField(NULL_FIELDS, names.nulls, nullable));
  if (lists[0]) all.push(marksField(EMPTY_FIELDS, names.empty, lists[0]));
  const code = all.map(declare);
  const cases: Code[] = [];
  for (const field of byNumber(all)) addReadCases(cases, field);
  code.push(...readLoop(cases));
  for (const { local, number, type } of lists) {
    const empty = type.kind === "array" ? "[]" : "{}";
    code.push(onlyIf([`${names.empty}?.includes(${number})`], `${local} ??= ${empty};`));
  }
  return code;
}

/** Reads up to `end`: what is in none of the cases is passed over. */
export function readLoop(cases: readonly Code[]): Code[] {
  if (cases.length === 0) return ["while (reader.pos < end) reader.skip(reader.tag());"];
  return [
    "while (reader.pos < end) {",
    ["const tag = reader.tag();", "switch (tag) {", [...cases, "default:", ["reader.skip(tag);"]], "}"],
    "}",
  ];
}

function marksField({ number }: Marks, local: string, { place }: Incoming): Incoming {
  const items = { kind: "int", wire: "uint32", min: 0, max: 2 ** 32 - 1 } as const;
  return { number, type: { kind: "array", items }, missing: "undefined", local, label: "", place };
}

function declare({ type, missing, local, place, deferred, earlier = [] }: Incoming): Code {
  const zero = missing === "zero" && earlier.length === 0 ? zeroOf(type) : undefined;
  if (deferred) return `let ${local} = ABSENT;`;
  if (zero === undefined) return `let ${local}: ${typeText(type, place.names.reading)} | undefined;`;
  const declared = typeText(type, place.names.reading);
  if (isSeveral(type)) return `const ${local}: ${declared} = ${zero};`;
  if (type.kind === "json") return `let ${local}: ${declared} = null;`;
  return type.kind === "boolean" && type.only === false ? `let ${local}: false = false;` : `let ${local} = ${zero};`;
}

/** What a required field, or an element, is when the wire has nothing of it; `undefined`: nothing. */
function zeroOf(type: Type): string | undefined {
  switch (type.kind) {
    case "text":
      return '""';
    case "int":
    case "float":
      return "0";
    case "bigint":
      return "0n";
    case "boolean":
      return type.only === true ? undefined : "false";
    case "array":
      return "[]";
    case "record":
      return "{}";
    case "json":
    case "null":
    case "nullable":
      return "null";
    case "bytes":
    case "timestamp":
    case "enum":
    case "message":
    case "union":
      return undefined;
  }
}

/** The function that reads a message of that type; `undefined` where it is none on the wire. */
export function messageReader(type: Type, place: Place): string | undefined {
  if (isWrapped(type)) return `read${place.names.wrapperStem(place)}`;
  if (type.kind === "timestamp") return "readTimestamp";
  return type.kind === "message" || type.kind === "union" ? `read${type.name}` : undefined;
}

function addReadCases(cases: Code[], field: Incoming): void {
  const { number, type, deferred } = field;
  if (type.kind === "array" && !deferred) addArrayCases(cases, field, type);
  else addCase(cases, tagOf(number, wireType(type)), readStatement(field));
}

function readStatement({ type, missing, local, place, deferred }: Incoming): string {
  if (deferred) return `${local} = reader.defer(${local});`;
  if (type.kind !== "record") return `${local} = ${readElement(type, place)};`;
  const record = missing === "zero" ? local : `(${local} ??= {})`;
  return `reader.entry(${record}, read${place.names.entryStem(place)});`;
}

function addArrayCases(cases: Code[], { number, missing, local, label, place }: Incoming, type: ArrayType): void {
  const element = readElement(type.items, inside(place, type));
  const item = type.items.kind === "enum" ? `${element} ?? reader.missing(${literal(label)})` : element;
  const push = `${missing === "zero" ? local : `(${local} ??= [])`}.push(${item});`;
  const wire = wireType(type.items);
  addCase(cases, tagOf(number, wire), push);
  if (wire === 2) return;
  cases.push(
    `case ${tagOf(number, 2)}: {`,
    ["const to = reader.enter();", `while (reader.pos < to) ${push}`, "reader.leave(to);", "break;"],
    "}",
  );
}

export function addCase(cases: Code[], tag: number, ...statements: string[]): void {
  statements.push("break;");
  cases.push(`case ${tag}:`, statements);
}

/** Reads one value, or one element. */
export function readElement(type: Type, place: Place): string {
  switch (type.kind) {
    case "text":
      return "reader.string()";
    case "int":
    case "float":
    case "bigint":
      return `reader.${numberReader(type)}()`;
    case "boolean":
      return type.only === undefined ? "reader.bool()" : `reader.only(reader.bool(), ${type.only})`;
    case "bytes":
      return "reader.bytes()";
    case "json":
      return "reader.json()";
    case "null":
      return "reader.null()";
    case "enum":
      return `read${type.name}(reader)`;
    case "timestamp":
    case "message":
    case "union":
    case "array":
    case "record":
    case "nullable":
      return `reader.message(${messageReader(type, place)})`;
  }
}

/** What the value is in the end. */
export function finished(field: Incoming, names: MarkNames): string {
  const { type, missing, local, label, deferred, earlier = [] } = field;
  const later = missing === "zero" ? zeroOf(type) : missingValue(field, names);
  if (deferred) {
    if (later === undefined && earlier.length === 0) return `reader.required(${local}, ${literal(label)}, ${deferred})`;
    const lacking = lackingValue(field, later ?? `reader.missing(${literal(label)})`);
    const either = missing === "either" && lacking === later ? `(${lacking})` : lacking;
    return `${local} === ABSENT ? ${either} : reader.deferred(${local}, ${deferred})`;
  }
  if (earlier.length === 0) {
    if (missing === "undefined" || (missing === "zero" && later !== undefined)) return local;
    if (missing === "either") return `${local} ?? (${later})`;
  }
  const empty = type.kind === "bytes" ? "new Uint8Array()" : `reader.missing(${literal(label)})`;
  return `${local} ?? ${lackingValue(field, later ?? empty)}`;
}

function missingValue({ missing, number }: Incoming, { nulls }: MarkNames): string {
  return missing === "either" ? `${nulls}?.includes(${number}) ? null : undefined` : missing;
}
