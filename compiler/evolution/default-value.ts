import type { DefaultValue } from "../model/earlier.ts";
import type { BigintType, Event, Field, Type } from "../model/model.ts";
import { isUnsigned } from "../model/number-encoding.ts";
import { slownessOf } from "../pattern/pattern-time.ts";

/** What a field's `@default` tag gives it, or why that can't be its value. */
export type Default =
  | { readonly kind: "default"; readonly value: DefaultValue }
  | { readonly kind: "wrong"; readonly text: string; readonly expected: string };

/** `undefined`: the field has no such tag. */
export function defaultOf({ type, defaultText }: Field, event: Event): Default | undefined {
  if (defaultText === undefined) return undefined;
  const value = fitting(type, literalOf(defaultText), event);
  if (value !== undefined) return { kind: "default", value };
  return { kind: "wrong", text: defaultText, expected: expectedOf(type) };
}

/** What people write behind `@default`: JSON, also in single quotes or backticks, a bigint's `5n`, a member's name. */
function literalOf(text: string): unknown {
  const written = /^`.*`$/s.test(text) ? text.slice(1, -1).trim() : text;
  const single = /^'([^'"\\]*)'$/.exec(written);
  if (single) return single[1];
  const digits = /^(-?\d+)n$/.exec(written);
  if (digits) return BigInt(digits[1]!);
  try {
    return JSON.parse(written);
  } catch {
    // `Kind.Image`, of an enum.
    return /^[\w$]+(\.[\w$]+)+$/.test(written) ? { member: written.slice(written.lastIndexOf(".") + 1) } : undefined;
  }
}

/** The literal as a valid value of the type. `undefined`: it is none. */
function fitting(type: Type, literal: unknown, event: Event): DefaultValue | undefined {
  switch (type.kind) {
    case "text": {
      if (typeof literal !== "string" || type.format !== undefined) return undefined;
      const fits = isWithin(literal.length, type.minLength, type.maxLength) && literal.isWellFormed();
      // A lock from elsewhere may hold a pattern that no use case could have.
      const isFast = type.pattern === undefined || !slownessOf(type.pattern, literal.length);
      return fits && isFast && new RegExp(type.pattern ?? "", "u").test(literal) ? literal : undefined;
    }
    case "int":
      return Number.isSafeInteger(literal) && isWithin(literal as number, type.min, type.max)
        ? (literal as number)
        : undefined;
    case "float":
      return typeof literal === "number" &&
        isWithin(literal, type.min, type.max) &&
        Number.isFinite(type.wire ? Math.fround(literal) : literal)
        ? literal
        : undefined;
    case "bigint": {
      const value = Number.isSafeInteger(literal) ? BigInt(literal as number) : literal;
      return typeof value === "bigint" && fits64Bits(value, type) ? String(value) : undefined;
    }
    case "boolean":
      return typeof literal === "boolean" && (type.only ?? literal) === literal ? literal : undefined;
    case "timestamp": {
      const date = typeof literal === "string" ? new Date(literal) : undefined;
      // From the year 1 to 9999, as everywhere; NaN is in no range.
      return date && isWithin(date.getTime(), -62_135_596_800_000, 253_402_300_799_999)
        ? date.toISOString()
        : undefined;
    }
    case "enum": {
      const members = event.enums.find(({ name }) => name === type.name)?.members ?? [];
      const named = members.find(({ name }) => typeof literal === "object" && isMember(literal, name));
      return members.find(({ value }) => value === literal)?.value ?? named?.value;
    }
    case "array":
      return isEmpty(literal, Array.isArray) && !type.minItems ? [] : undefined;
    case "record":
      return isEmpty(literal, (value) => !Array.isArray(value)) ? [] : undefined;
    case "null":
    case "json":
      return literal === null ? null : undefined;
    case "nullable":
      return literal === null ? null : fitting(type.of, literal, event);
    case "bytes":
    case "message":
    case "union":
      return undefined;
  }
}

function fits64Bits(value: bigint, type: BigintType): boolean {
  return (isUnsigned(type) ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value)) === value;
}

/** As the tag of a field of that type has it. */
export function defaultText(value: DefaultValue, type: Type): string {
  const of = type.kind === "nullable" ? type.of : type;
  if (of.kind === "bigint") return String(value);
  return of.kind === "record" && value !== null ? "{}" : JSON.stringify(value);
}

function isMember(literal: object | null, name: string): boolean {
  return literal !== null && "member" in literal && literal.member === name;
}

function isEmpty(literal: unknown, isKind: (value: object) => boolean): boolean {
  return typeof literal === "object" && literal !== null && isKind(literal) && Object.keys(literal).length === 0;
}

function isWithin(value: number, min = -Infinity, max = Infinity): boolean {
  return value >= min && value <= max;
}

function expectedOf(type: Type): string {
  switch (type.kind) {
    case "text":
      return type.format === undefined
        ? "a string in quotes that keeps its rules"
        : "nothing: a format can't be checked";
    case "int":
      return `an integer from ${type.min} to ${type.max}`;
    case "float":
      return "a number that keeps its rules";
    case "bigint":
      return isUnsigned(type) ? "an integer from 0, of 64 bits" : "an integer of 64 bits";
    case "boolean":
      return type.only === undefined ? "true or false" : String(type.only);
    case "timestamp":
      return "a date in ISO 8601, in quotes";
    case "enum":
      return "one of its values";
    case "array":
      return type.minItems ? "nothing: a list that is not empty has none" : "[]";
    case "record":
      return "{}";
    case "null":
    case "json":
      return "null";
    case "nullable":
      return `null, or ${expectedOf(type.of)}`;
    case "bytes":
    case "message":
    case "union":
      return "nothing: a value of its type can't be written in a comment";
  }
}
