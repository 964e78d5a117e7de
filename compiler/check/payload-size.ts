import type {
  ArrayType,
  BigintType,
  Event,
  Field,
  FloatType,
  IntType,
  Message,
  NullableType,
  TextType,
  Type,
  Union,
} from "../model/model.ts";
import { encodingOf, fixedBytes } from "../model/number-encoding.ts";
import { EMPTY_FIELDS_NUMBER, NULL_FIELDS_NUMBER } from "../model/protobuf.ts";
import { rootOf } from "../model/root.ts";
import { TEXT_FORMATS } from "../settings/text-formats.ts";

/*
 * The most bytes that values of a type take on the wire, as the codec writes them; infinite where something in it has no
 * bound. Numbers are those that the lock has assigned.
 */

/** Seconds before 1970 take ten bytes as any negative number does, nanoseconds five; a tag of one byte each. */
const TIMESTAMP = 17;

/** Sizes of one event's types. */
export interface Sizes {
  readonly event: number;
  readonly field: (field: Field) => number;
}

export function sizesOf(event: Event): Sizes {
  const messages = new Map(event.messages.map((message) => [message.name, message]));
  const unions = new Map(event.unions.map((union) => [union.name, union]));
  const known = new Map<string, number>();

  /** A message or union without what is in front of it. What is in itself has no bound. */
  const named = (name: string): number => {
    const size = known.get(name);
    if (size !== undefined) return size;
    known.set(name, Infinity);
    const message = messages.get(name);
    const found = message ? ofMessage(message) : ofUnion(unions.get(name)!);
    known.set(name, found);
    return found;
  };
  const ofMessage = ({ fields }: Message) => sum(fields.map(field));
  const ofUnion = ({ variants }: Union) =>
    Math.max(...variants.map(({ number, type }) => tagSize(number) + element(type)));

  /** With its tag, and with the marks that it may need. */
  const field = ({ number, type, optional }: Field): number => {
    const present = type.kind === "nullable" ? type.of : type;
    const isMissable = optional || type.kind === "nullable";
    const nullMark = optional && type.kind === "nullable" ? mark(NULL_FIELDS_NUMBER, number) : 0;
    const emptyMark = isMissable && isSeveral(present) ? mark(EMPTY_FIELDS_NUMBER, number) : 0;
    return Math.max(several(present, number), nullMark, emptyMark);
  };

  /** A list or map as a field of its own, or one value. */
  const several = (type: Type, number: number): number => {
    if (type.kind === "record") return Infinity;
    return type.kind === "array" ? list(type, number) : tagSize(number) + element(type);
  };

  const list = ({ items, maxItems }: ArrayType, number: number): number => {
    if (maxItems === undefined) return Infinity;
    if (maxItems === 0) return 0;
    const item = element(items);
    return isPacked(items) ? tagSize(number) + delimited(maxItems * item) : maxItems * (tagSize(number) + item);
  };

  /** One value without its tag, but with the length in front where it has one. */
  const element = (type: Type): number => {
    switch (type.kind) {
      case "text":
        return delimited(textBytes(type));
      case "bytes":
        return delimited(type.maxLength ?? Infinity);
      case "int":
      case "float":
      case "bigint":
        return numberSize(type);
      case "boolean":
      case "null":
        return 1;
      case "enum":
        return enumSize(type.name, event);
      case "timestamp":
        return delimited(TIMESTAMP);
      case "message":
      case "union":
        return delimited(named(type.name));
      case "array":
      case "record":
        return delimited(several(type, 1));
      case "nullable":
        return delimited(wrapped(type));
      case "json":
        return Infinity;
    }
  };
  const wrapped = ({ of }: NullableType) => 1 + element(of);

  return { event: named(rootOf(event).name), field };
}

/** A UTF-16 unit takes up to three bytes; characters of two units take four. */
function textBytes({ maxLength, format }: TextType): number {
  if (format === undefined) return 3 * (maxLength ?? Infinity);
  const { lengths, isAscii } = TEXT_FORMATS[format];
  return (isAscii ? 1 : 3) * Math.min(lengths[1], maxLength ?? Infinity);
}

function numberSize(type: IntType | FloatType | BigintType): number {
  const encoding = encodingOf(type);
  const bytes = fixedBytes(encoding);
  if (bytes !== undefined) return bytes;
  if (type.kind !== "int") return 10;
  const { min, max } = type;
  // Its sign is the lowest bit.
  if (encoding === "zigzag") return varintSize(2 * Math.max(-min, max));
  return min < 0 ? 10 : varintSize(max);
}

function enumSize(name: string, { enums }: Event): number {
  const numbers = enums.find((union) => union.name === name)!.members.map(({ number }) => number);
  return varintSize(Math.max(...numbers));
}

function isPacked({ kind }: Type): boolean {
  return ["int", "bigint", "boolean", "enum", "null", "float"].includes(kind);
}

function isSeveral({ kind }: Type): boolean {
  return kind === "array" || kind === "record";
}

/** A field's number in a list of marks. */
function mark(marks: number, number: number): number {
  return tagSize(marks) + varintSize(number);
}

function delimited(bytes: number): number {
  return varintSize(bytes) + bytes;
}

function tagSize(number: number): number {
  return varintSize(number * 8);
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80 && size < 10; rest /= 0x80) size++;
  return size;
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all + size, 0);
}
