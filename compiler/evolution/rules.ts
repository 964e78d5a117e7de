import type { BigintType, IntType, TextType, Type } from "../model/model.ts";
import { isUnsigned } from "../model/number-encoding.ts";
import { TEXT_FORMATS } from "../settings/text-formats.ts";

/** A rule that one type's values keep and those of another need not. */
export interface BrokenRule {
  readonly rule: string;
  /** Of the values that there are; `none`: they needn't keep any. */
  readonly was: string;
  readonly is: string;
}

/** The rules of `now` that values of `old` may break; none where they are of different kinds. Not those of elements. */
export function brokenRules(old: Type, now: Type): BrokenRule[] {
  if (isInteger(old) && isInteger(now) && (old.kind === "bigint" || now.kind === "bigint")) {
    const [was, is] = [rangeOf(old), rangeOf(now)];
    return is.min <= was.min && is.max >= was.max ? [] : [{ rule: "range", was: was.text, is: is.text }];
  }
  if (old.kind !== now.kind) return [];
  switch (now.kind) {
    case "text": {
      const was = old as typeof now;
      const [least, most] = lengthsOf(was);
      return [
        ...lengthRules("Length", least, most, now),
        ...sameRule("pattern", was.pattern, now.pattern),
        ...sameRule("format", was.format, now.format),
      ];
    }
    case "bytes": {
      const was = old as typeof now;
      return lengthRules("Length", was.minLength ?? 0, was.maxLength ?? Infinity, now);
    }
    case "array": {
      const was = old as typeof now;
      const counts = { minLength: now.minItems, maxLength: now.maxItems };
      return lengthRules("Items", was.minItems ?? 0, was.maxItems ?? Infinity, counts);
    }
    case "int":
    case "float": {
      const was = old as typeof now;
      return [...lowest("min", was.min ?? -Infinity, now.min), ...highest("max", was.max ?? Infinity, now.max)];
    }
    case "boolean": {
      const was = old as typeof now;
      return now.only === undefined || now.only === was.only
        ? []
        : [{ rule: "value", was: was.only === undefined ? "true or false" : String(was.only), is: String(now.only) }];
    }
    case "bigint":
    case "json":
    case "timestamp":
    case "enum":
    case "message":
    case "union":
    case "record":
    case "null":
    case "nullable":
      return [];
  }
}

type IntegerType = IntType | BigintType;

function isInteger(type: Type): type is IntegerType {
  return type.kind === "int" || type.kind === "bigint";
}

function rangeOf(type: IntegerType): { readonly min: bigint; readonly max: bigint; readonly text: string } {
  if (type.kind === "int") return { min: BigInt(type.min), max: BigInt(type.max), text: `${type.min} to ${type.max}` };
  return isUnsigned(type)
    ? { min: 0n, max: 2n ** 64n - 1n, text: "64 bits without a sign" }
    : { min: -(2n ** 63n), max: 2n ** 63n - 1n, text: "64 bits" };
}

function lengthsOf({ minLength = 0, maxLength = Infinity, pattern, format }: TextType): readonly [number, number] {
  const [least, most] = format === undefined ? [0, Infinity] : TEXT_FORMATS[format].lengths;
  const notEmpty = pattern !== undefined && !new RegExp(pattern, "u").test("") ? 1 : 0;
  return [Math.max(minLength, least, notEmpty), Math.min(maxLength, most)];
}

interface Lengths {
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
}

function lengthRules(noun: "Length" | "Items", least: number, most: number, now: Lengths): BrokenRule[] {
  return [...lowest(`min${noun}`, least, now.minLength), ...highest(`max${noun}`, most, now.maxLength)];
}

function lowest(rule: string, was: number, now: number | undefined): BrokenRule[] {
  return now === undefined || now <= was ? [] : [{ rule, was: bound(was), is: String(now) }];
}

function highest(rule: string, was: number, now: number | undefined): BrokenRule[] {
  return now === undefined || now >= was ? [] : [{ rule, was: bound(was), is: String(now) }];
}

function bound(value: number): string {
  return Number.isFinite(value) ? String(value) : "none";
}

/** Whether one pattern's texts are all another's can't be told, so a rule that was not there or was another is broken. */
function sameRule(rule: string, was: string | undefined, now: string | undefined): BrokenRule[] {
  return now === undefined || now === was ? [] : [{ rule, was: was ?? "none", is: now }];
}
