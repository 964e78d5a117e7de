/*
 * Constraint types. Each is its base type with an optional phantom property that no value ever has, so that plain
 * values are assignable in the editor, while the compiler reads the constraint. The property's name starts with a tilde
 * to come last in completions, as Standard Schema does it.
 */

export interface TextRules {
  /** In UTF-16 code units, as JavaScript's `length`. */
  readonly minLength?: number;
  /** In UTF-16 code units, as JavaScript's `length`. */
  readonly maxLength?: number;
  /** A regular expression (flag `u`) that some part of the text must match; anchor it with `^` and `$`. */
  readonly pattern?: string;
  /** `ulid` in either case; `e164`: a phone number, as `+4930123456`. */
  readonly format?: "uuid" | "email" | "uri" | "date" | "hostname" | "ipv4" | "ulid" | "e164";
}

export interface NumberRules {
  readonly min?: number;
  readonly max?: number;
}

export interface IntRules extends NumberRules {
  /** How protobuf encodes it: as other contracts have it. Default: `int32` if the range fits, else `int64`. */
  readonly wire?: "sint32" | "sint64" | "sfixed32" | "sfixed64";
}

export interface UintRules extends NumberRules {
  /** How protobuf encodes it: as other contracts have it. Default: `uint32` if the range fits, else `uint64`. */
  readonly wire?: "fixed32" | "fixed64";
}

export interface FloatRules extends NumberRules {
  /** 32 bits: what arrives is the nearest such number, `Math.fround(value)`. Default: a `double`, which arrives as it is. */
  readonly wire?: "float";
}

export interface BigintRules {
  /** How protobuf encodes it: as other contracts have it. Default: `int64`. */
  readonly wire?: "uint64" | "sint64" | "fixed64" | "sfixed64";
}

export interface ListRules {
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface BytesRules {
  readonly minLength?: number;
  readonly maxLength?: number;
}

/**
 * Any JSON value, for what has no type of its own: at most 32 levels, all numbers finite, no key undefined. On the wire
 * it is JSON text.
 */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A string under rules: `Text<{ maxLength: 64 }>`. */
export type Text<R extends TextRules = TextRules> = string & { readonly "~text"?: R };
/** A safe integer (|n| < 2^53), or one in a range: `Int<{ min: 0, max: 100 }>`. Protobuf `int32` if the range fits, else `int64`. */
export type Int<R extends IntRules = IntRules> = number & { readonly "~int"?: R };
/** A safe integer from 0. Protobuf `uint32` if the range fits, else `uint64`. */
export type Uint<R extends UintRules = UintRules> = number & { readonly "~uint"?: R };
/** A finite number under rules. Protobuf `double`, as a plain `number`, or `float`. */
export type Float<R extends FloatRules = FloatRules> = number & { readonly "~float"?: R };
/** A bigint of 64 bits. Protobuf `int64`, as a plain `bigint`, or another: `Bigint<{ wire: "uint64" }>`, from 0 to 2^64 - 1. */
export type Bigint<R extends BigintRules = BigintRules> = bigint & { readonly "~bigint"?: R };
/** An array under rules: `List<string, { maxItems: 10 }>`. */
export type List<T, R extends ListRules = ListRules> = T[] & { readonly "~list"?: R };
/** A byte string under rules. */
export type Bytes<R extends BytesRules = BytesRules> = Uint8Array & { readonly "~bytes"?: R };
