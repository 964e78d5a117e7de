import type { Span } from "../diagnostics/diagnostics.ts";
import type { TextFormat } from "../settings/text-formats.ts";
import type { SettingValues, SubscriberValues } from "../settings/values.ts";
import type { DefaultValue, Earlier, EarlierJson } from "./earlier.ts";

/* What the compiler knows, as plain JSON-serialisable data: reading makes it, checks and emitters need nothing else. */

export interface TextType {
  readonly kind: "text";
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: TextFormat;
}

/** A safe integer. `wire` is what is declared, else it follows from the range: int32 and uint32 where it fits. */
export interface IntType {
  readonly kind: "int";
  readonly wire:
    | "int32"
    | "int64"
    | "uint32"
    | "uint64"
    | "sint32"
    | "sint64"
    | "fixed32"
    | "fixed64"
    | "sfixed32"
    | "sfixed64";
  /** Inclusive; always set: the safe integers' bounds where nothing narrower is declared. */
  readonly min: number;
  readonly max: number;
}

/** A finite number. */
export interface FloatType {
  readonly kind: "float";
  /** Of 32 bits: what is written is the nearest such number. Absent: a double. */
  readonly wire?: "float";
  readonly min?: number;
  readonly max?: number;
}

/** A 64-bit integer, `bigint` in TypeScript. */
export interface BigintType {
  readonly kind: "bigint";
  /** Absent: int64. */
  readonly wire?: "uint64" | "sint64" | "fixed64" | "sfixed64";
  /** Whether it was an `Int` in a released version, whose JSON has numbers where there are strings now. */
  readonly wasInt?: true;
}

export interface BooleanType {
  readonly kind: "boolean";
  /** The only one of the two that is allowed. */
  readonly only?: boolean;
}

/** `Date`; google.protobuf.Timestamp. */
export interface TimestampType {
  readonly kind: "timestamp";
}

export interface BytesType {
  readonly kind: "bytes";
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Any JSON value; its text, of which none stands for null. */
export interface JsonType {
  readonly kind: "json";
}

/** A use of one of the event's enums. */
export interface EnumRef {
  readonly kind: "enum";
  readonly name: string;
}

/** A use of one of the event's messages. */
export interface MessageRef {
  readonly kind: "message";
  readonly name: string;
}

/** A use of one of the event's unions. */
export interface UnionRef {
  readonly kind: "union";
  readonly name: string;
}

export interface ArrayType {
  readonly kind: "array";
  readonly items: Type;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** Whether TypeScript is told so: then a caller may have none but a readonly one. */
  readonly readonly?: true;
}

/** `Record<string, T>` or `Record<Int, T>`; protobuf `map<string, T>` or, say, `map<int64, T>`. */
export interface RecordType {
  readonly kind: "record";
  /** What its keys are, in decimal digits. Absent: any strings. */
  readonly keys?: IntType;
  readonly values: Type;
  /** Whether a value may be undefined too: it is not sent, as if its key were not there. */
  readonly sparse?: true;
}

/** `null` and nothing else; google.protobuf.NullValue. */
export interface NullType {
  readonly kind: "null";
}

/**
 * `T | null`. A field is null where the wire has nothing of it, unless it may be absent too: see NULL_FIELDS_NUMBER.
 * Elsewhere it is a message with an optional `value`.
 */
export interface NullableType {
  readonly kind: "nullable";
  /** Neither null, nor nullable itself, nor JSON. */
  readonly of: Type;
}

export type Type =
  | TextType
  | IntType
  | FloatType
  | BigintType
  | BooleanType
  | TimestampType
  | BytesType
  | JsonType
  | EnumRef
  | MessageRef
  | UnionRef
  | ArrayType
  | RecordType
  | NullType
  | NullableType;

export interface Field {
  /** As in TypeScript. */
  readonly name: string;
  /** What a tuple's element is called, where it is. */
  readonly label?: string;
  readonly type: Type;
  /** May be absent or `undefined`. */
  readonly optional: boolean;
  /** The declaration's comment, without its marks; empty: none. */
  readonly doc: string;
  readonly span: Span;
  /** The protobuf field number; 0 until the lock has assigned it. */
  readonly number: number;
  /** Names that it had before, as its `@was` tags say. Absent: none. */
  readonly was?: readonly string[];
  /** What its `@default` tag says, as it is written. Absent: it has none. */
  readonly defaultText?: string;
  /** What it is in records of earlier versions that have none of it. Absent: there are none, or it is absent in them. */
  readonly standIn?: DefaultValue;
  /** What it is where a record of an earlier version has nothing of it; by `before`. Absent: what it is in later ones. */
  readonly earlier?: readonly Earlier[];
  /** What JSON of released versions has otherwise. Absent: nothing. */
  readonly earlierJson?: EarlierJson;
}

/** A field, an enum's member or a union's variant that was removed. Its number and name are not used again for anything else. */
export interface Removed {
  /** As in TypeScript. */
  readonly name: string;
  readonly number: number;
}

export interface Message {
  /** Upper camel case, unique within the event. */
  readonly name: string;
  /**
   * Set where it is a tuple: an array in TypeScript, whose elements are the fields `0`, `1`, …, the optional ones last.
   * Where it is open, the last field is a list of all elements from there on.
   */
  readonly tuple?: { readonly isOpen: boolean; readonly readonly?: true };
  /** Names that it had before, as its `@was` tags say. Absent: none. */
  readonly was?: readonly string[];
  readonly doc: string;
  readonly fields: readonly Field[];
  readonly span: Span;
  /** By number. Absent until the lock has told. */
  readonly removed?: readonly Removed[];
}

export interface EnumMember {
  /**
   * Unique in its enum, and what the lock knows the member by: a string's own text, a number's digits, or, in an `enum`
   * of numbers, the member's name, since its value may change when others are added.
   */
  readonly name: string;
  /** In TypeScript. Numbers are finite. */
  readonly value: string | number | boolean;
  /** The protobuf number, from 1; 0 until the lock has assigned it (on the wire 0 is UNSPECIFIED). */
  readonly number: number;
  /** Names that it had before, as its `@was` tags say. Absent: none. */
  readonly was?: readonly string[];
  /** Values that it had in released versions and that no member has now, as JSON may still have. Absent: none. */
  readonly formerValues?: readonly EnumMember["value"][];
}

/** A union of literals, one literal, or an `enum`. Not of booleans alone. */
export interface Enum {
  readonly name: string;
  readonly doc: string;
  readonly members: readonly EnumMember[];
  readonly span: Span;
  /** By number. Absent until the lock has told. */
  readonly removed?: readonly Removed[];
}

export interface Variant {
  /** The message's name; of all else the kind of value: see `kindOfValue`. Unique in its union. */
  readonly name: string;
  /** Not a union, not nullable, not null. */
  readonly type: Type;
  /** The protobuf field number in the oneof; 0 until the lock has assigned it. */
  readonly number: number;
  /** Names that it had in released versions and that no variant has now, as JSON may still have. Absent: none. */
  readonly formerNames?: readonly string[];
}

/** A union of types that are told apart by what their values look like: see `tellApart`. A message with one oneof. */
export interface Union {
  readonly name: string;
  readonly doc: string;
  readonly variants: readonly Variant[];
  readonly span: Span;
  /** By number. Absent until the lock has told. */
  readonly removed?: readonly Removed[];
}

export interface Event {
  /** The name of the root, a message, or a union of messages. */
  readonly name: string;
  /** From 1; 0 until the lock has assigned it. */
  readonly version: number;
  /** In order of first use: the root first, where it is a message. */
  readonly messages: readonly Message[];
  readonly enums: readonly Enum[];
  readonly unions: readonly Union[];
}

export interface Subscriber extends SubscriberValues {
  readonly name: string;
  readonly span: Span;
}

export interface Feed {
  readonly name: string;
  /** Relative to the root; `null`: the use case itself. */
  readonly file: string | null;
  /** Whether all that is enqueued waits. */
  readonly isDelayed: boolean;
}

export interface UseCase extends SettingValues {
  /** The path below `usecases/` without its extension, `/` turned into `-`. */
  readonly name: string;
  /** Of the module, relative to the project's root. */
  readonly file: string;
  /** What ends the names that generated modules import, as the project's `tsc` takes it, and whether they are CommonJS. */
  readonly importEnding: ".ts" | ".js" | "";
  readonly isCommonJs: boolean;
  /** The use cases whose events its handlers may enqueue, itself included: those that the module imports. */
  readonly feeds: readonly Feed[];
  readonly doc: string;
  readonly owner: string;
  readonly event: Event;
  readonly subscribers: readonly Subscriber[];
  /** Whether the module declares `subscribers` rather than one `handler`. */
  readonly severalSubscribers: boolean;
  readonly span: Span;
  /** Where each setting stands, by dotted path (`delivery.retry.max`), for checks to point at. */
  readonly spans: Readonly<Record<string, Span>>;
}
