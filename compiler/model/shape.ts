import type { DefaultValue } from "./earlier.ts";
import type { Enum, EnumMember, Field, Message, Union, Variant } from "./model.ts";
import { byNumber } from "./protobuf.ts";

/** What of an event decides how its records look and which values they hold. Every event is one. */
export interface Shape {
  /** The root's name. */
  readonly name: string;
  readonly messages: readonly ShapeMessage[];
  readonly enums: readonly ShapeEnum[];
  readonly unions: readonly ShapeUnion[];
}

export interface ShapeMessage extends Pick<Message, "name"> {
  /** Set where it is an array in JSON: see Message. */
  readonly tuple?: { readonly isOpen: boolean };
  readonly fields: readonly ShapeField[];
}

export type ShapeField = Pick<Field, "name" | "number" | "type" | "optional" | "earlier" | "standIn">;

export interface ShapeEnum extends Pick<Enum, "name"> {
  readonly members: readonly ShapeMember[];
}

export type ShapeMember = Pick<EnumMember, "name" | "number" | "value">;

export interface ShapeUnion extends Pick<Union, "name"> {
  readonly variants: readonly ShapeVariant[];
}

export type ShapeVariant = Pick<Variant, "name" | "number" | "type">;

/** A shape as JSON: the same for equal shapes, in whatever order their parts are declared. */
export interface ShapeJson {
  readonly event: string;
  /** A tuple is a list of its elements. */
  readonly messages: Readonly<Record<string, Readonly<Record<string, FieldJson>> | readonly FieldJson[]>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, MemberJson>>>>;
  readonly unions: Readonly<Record<string, Readonly<Record<string, FieldJson>>>>;
}

export interface FieldJson {
  readonly number: number;
  /** A type that is no more than its kind is that kind's name; `int` and `uint` are those of the widest range. */
  readonly type: TypeJson;
  /** Only where it is. */
  readonly optional?: true;
  /** What it is in records of earlier versions that have none of it; only where there are such. */
  readonly default?: DefaultValue;
  /** Only of the last element of a tuple that is open. */
  readonly rest?: true;
}

export type TypeJson = string | { readonly [property: string]: TypeJson | number | boolean };

/** The number, and the value where that is not the name. */
export type MemberJson = number | { readonly number: number; readonly value: string | number | boolean };

export function shapeJson(shape: Shape): ShapeJson {
  return jsonOf(shape, (field) => {
    return field.standIn === undefined ? recordJson(field) : { ...recordJson(field), default: field.standIn };
  });
}

/** Whether records of the two look the same and hold the same values, whatever those of earlier versions are read as. */
export function isSameShape(a: Shape, b: Shape): boolean {
  return a === b || JSON.stringify(jsonOf(a, recordJson)) === JSON.stringify(jsonOf(b, recordJson));
}

/** Whether the two also read records of earlier versions alike. */
export function isSameRelease(a: Shape, b: Shape): boolean {
  return JSON.stringify(shapeJson(a)) === JSON.stringify(shapeJson(b));
}

function jsonOf({ name, messages, enums, unions }: Shape, fieldJson: (field: ShapeField) => FieldJson): ShapeJson {
  return {
    event: name,
    messages: byName(messages.toSorted(alphabetically), (message) => messageJson(message, fieldJson)),
    enums: byName(enums.toSorted(alphabetically), ({ members }) => byName(byNumber(members), memberJson)),
    unions: byName(unions.toSorted(alphabetically), ({ variants }) => byName(byNumber(variants), recordJson)),
  };
}

function messageJson(
  { fields, tuple }: ShapeMessage,
  fieldJson: (field: ShapeField) => FieldJson,
): ShapeJson["messages"][string] {
  if (!tuple) return byName(byNumber(fields), fieldJson);
  return fields.map((field) => ({
    ...fieldJson(field),
    ...(tuple.isOpen && field === fields.at(-1) && { rest: true }),
  }));
}

function recordJson({ number, type, optional }: ShapeVariant & { readonly optional?: boolean }): FieldJson {
  const typeJson = compact(type) as TypeJson;
  return optional ? { number, type: typeJson, optional } : { number, type: typeJson };
}

function memberJson({ name, number, value }: ShapeMember): MemberJson {
  return value === name ? number : { number, value };
}

/** What is no matter of a type's records: whether a list may be changed, a value undefined, and what JSON had before. */
const NOT_OF_RECORDS: ReadonlySet<string> = new Set(["readonly", "sparse", "wasInt"]);

/** A type is plain data: all that says something of its records, in one order. */
function compact(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const type = value as { readonly kind: string } & Readonly<Record<string, unknown>>;
  const { kind } = type;
  const isWide = kind === "int" && type.max === Number.MAX_SAFE_INTEGER;
  if (isWide && type.min === Number.MIN_SAFE_INTEGER && type.wire === "int64") return "int";
  if (isWide && type.min === 0 && type.wire === "uint64") return "uint";
  const keys = Object.keys(type).filter((key) => key !== "kind" && type[key] !== undefined && !NOT_OF_RECORDS.has(key));
  if (keys.length === 0) return kind;
  const result: Record<string, unknown> = { kind };
  for (const key of keys.sort()) result[key] = compact(type[key]);
  return result;
}

function byName<T extends { readonly name: string }, U>(items: readonly T[], convert: (item: T) => U) {
  return Object.fromEntries(items.map((item) => [item.name, convert(item)]));
}

function alphabetically(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
