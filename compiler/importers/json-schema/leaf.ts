import { slownessOf } from "../../pattern/pattern-time.ts";
import { isTextFormat, TEXT_FORMAT_NAMES } from "../../settings/text-formats.ts";
import type { Json, JsonObject } from "../../text/json.ts";
import { numberAt, plainOf, stringAt } from "../json-source.ts";
import { bytes, DATE, float, int, named, type Shape, text } from "../shape.ts";
import { reportDropped } from "./keywords.ts";
import { type Parts, valuesOf } from "./parts.ts";
import type { Scope, Use } from "./scope.ts";

/** Formats of numbers that hold by themselves. */
const NUMBER_FORMATS = ["int64", "double", "float"];

export const BOOLEAN = named("boolean", "boolean");

/** Refuses bounds between which nothing is. */
export function isEmptyRange(what: string, min: number, max: number, at: Json, use: Use): boolean {
  if (min <= max) return false;
  use.refuse(at, `${what} from ${min} to ${max}`, "of which there is none", "Fix the bounds.");
  return true;
}

/** A string: a text, a moment, or bytes. `undefined`: there is none, which has been reported. */
export function readString(parts: Parts, at: Json, use: Use): Shape | undefined {
  const { scope } = use;
  const formats = valuesOf(parts, "format");
  const encoding = valuesOf(parts, "contentEncoding").find(({ value }) => plainOf(value) === "base64");
  const isBytes = encoding !== undefined || formats.some(({ value }) => plainOf(value) === "byte");
  const isMoment = formats.some(({ value }) => plainOf(value) === "date-time");
  const drop = (part: JsonObject, keyword: string, reason: string) => reportDropped(part, keyword, reason, scope);
  if (isBytes || isMoment) {
    const what = isBytes ? "bytes are no text here" : "a moment is no text here";
    for (const part of parts.all)
      for (const keyword of ["minLength", "maxLength", "pattern"]) drop(part, keyword, what);
  }
  if (isBytes) {
    differ(scope, (encoding ?? formats[0]!).value, "A text that is no base64 is refused, which a JSON Schema allows.");
    return bytes();
  }
  if (isMoment) {
    differ(scope, formats[0]!.value, "A Date is a moment to the millisecond: the offset and finer fractions are lost.");
    return DATE;
  }
  const known = formats.find(({ value }) => isTextFormat(plainOf(value)));
  for (const { part, value } of formats) {
    if (value !== known?.value)
      drop(part, "format", `'${plainOf(value)}' is none of ${TEXT_FORMAT_NAMES.join(", ")}, date-time`);
  }
  for (const { part, value } of valuesOf(parts, "contentEncoding")) {
    drop(part, "contentEncoding", `'${plainOf(value)}' is not base64`);
  }
  const minLength = Math.max(0, ...numbersOf(parts, "minLength")) || undefined;
  const maxLength = numbersOf(parts, "maxLength").sort((a, b) => a - b)[0];
  const pattern = patternOf(parts, maxLength, drop);
  const bound = valuesOf(parts, "maxLength")[0] ?? valuesOf(parts, "minLength")[0];
  if (bound && (minLength !== undefined || maxLength !== undefined)) {
    differ(scope, bound.value, "Lengths count UTF-16 units, and characters in JSON Schema: an emoji is two, not one.");
  }
  if (isEmptyRange("a length", minLength ?? 0, maxLength ?? Infinity, at, use)) return undefined;
  const format = known && String(plainOf(known.value));
  return text({ minLength, maxLength, pattern, format });
}

function patternOf(
  parts: Parts,
  maxLength: number | undefined,
  drop: (part: JsonObject, keyword: string, reason: string) => void,
): string | undefined {
  const patterns = new Map<string, JsonObject>();
  for (const { part } of valuesOf(parts, "pattern")) patterns.set(stringAt(part, "pattern") ?? "", part);
  let kept: string | undefined;
  for (const [pattern, part] of patterns) {
    if (!isRegExp(pattern)) drop(part, "pattern", "it is no regular expression under the flag u");
    else if (kept !== undefined) drop(part, "pattern", "a text has one pattern");
    else {
      const slow = slownessOf(pattern, maxLength);
      if (slow) drop(part, "pattern", slow.reason);
      else kept = pattern;
    }
  }
  return kept;
}

function isRegExp(pattern: string): boolean {
  try {
    return Boolean(new RegExp(pattern, "u"));
  } catch {
    return false;
  }
}

/** A number, or an integer under the same rules. `undefined`: there is none, which has been reported. */
export function readNumber(parts: Parts, isInteger: boolean, at: Json, use: Use): Shape | undefined {
  const { scope } = use;
  const drop = (part: JsonObject, keyword: string, reason: string) => reportDropped(part, keyword, reason, scope);
  const multiples = valuesOf(parts, "multipleOf");
  const isWhole = isInteger || multiples.some(({ value }) => Number.isInteger(plainOf(value)));
  for (const { part, value } of multiples) {
    if (!(isWhole && plainOf(value) === 1)) drop(part, "multipleOf", "no type has such a rule");
  }
  const range = { min: lowest(parts, isWhole), max: highest(parts, isWhole) };
  for (const { part, value } of valuesOf(parts, "format")) {
    const format = String(plainOf(value));
    if (format === "int32") {
      range.min = Math.max(range.min ?? -Infinity, -(2 ** 31));
      range.max = Math.min(range.max ?? Infinity, 2 ** 31 - 1);
    } else if (!NUMBER_FORMATS.includes(format)) drop(part, "format", `'${format}' is no format of numbers`);
  }
  const { min, max } = range;
  const [least, most] = isWhole ? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] : [-Infinity, Infinity];
  const [low, high] = [Math.max(min ?? least, least), Math.min(max ?? most, most)];
  if (isEmptyRange(isWhole ? "an integer" : "a number", low, high, at, use)) return undefined;
  if (isWhole && (min === undefined || max === undefined)) {
    const what = "Integers beyond 2^53 - 1 are refused, with a sign or without: a number can't hold all of them.";
    differ(scope, (valuesOf(parts, "type")[0] ?? multiples[0])!.value, what);
  }
  return isWhole ? int({ min, max }) : float({ min, max });
}

/** The least number that all parts allow. */
function lowest(parts: Parts, isWhole: boolean): number | undefined {
  const bounds = parts.all.flatMap((part) => {
    const [minimum, exclusive] = [numberAt(part, "minimum"), part.entries.get("exclusiveMinimum")];
    // Up to draft 4 it is a flag beside the minimum.
    const isExclusive = exclusive && plainOf(exclusive) === true;
    const beyond = isExclusive ? minimum : numberAt(part, "exclusiveMinimum");
    return [
      ...(minimum !== undefined && !isExclusive ? [isWhole ? Math.ceil(minimum) : minimum] : []),
      ...(beyond !== undefined ? [isWhole ? Math.floor(beyond) + 1 : nextAbove(beyond)] : []),
    ];
  });
  const bound = Math.max(...bounds);
  return bounds.length === 0 || (isWhole && bound <= Number.MIN_SAFE_INTEGER) ? undefined : bound;
}

function highest(parts: Parts, isWhole: boolean): number | undefined {
  const bounds = parts.all.flatMap((part) => {
    const [maximum, exclusive] = [numberAt(part, "maximum"), part.entries.get("exclusiveMaximum")];
    const isExclusive = exclusive && plainOf(exclusive) === true;
    const beyond = isExclusive ? maximum : numberAt(part, "exclusiveMaximum");
    return [
      ...(maximum !== undefined && !isExclusive ? [isWhole ? Math.floor(maximum) : maximum] : []),
      ...(beyond !== undefined ? [isWhole ? Math.ceil(beyond) - 1 : -nextAbove(-beyond)] : []),
    ];
  });
  const bound = Math.min(...bounds);
  return bounds.length === 0 || (isWhole && bound >= Number.MAX_SAFE_INTEGER) ? undefined : bound;
}

const words = new DataView(new ArrayBuffer(8));

/** The least double above: a bound that is excluded is the next one included. */
function nextAbove(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  words.setFloat64(0, value);
  words.setBigInt64(0, words.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return words.getFloat64(0);
}

function numbersOf(parts: Parts, keyword: string): number[] {
  return parts.all.flatMap((part) => numberAt(part, keyword) ?? []);
}

function differ({ documents, reading }: Scope, at: Json, what: string): void {
  reading.report("values-differ", documents.placeOf(at), { what, fix: "Nothing, if it makes no difference." });
}
