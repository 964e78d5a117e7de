import type { DefaultValue, Earlier, Lacking } from "../../model/earlier.ts";
import type { Event, Field, Type } from "../../model/model.ts";
import { type Code, literalOf, onlyIf } from "../../text/source.ts";

/*
 * What a field is where a record of an earlier version has nothing of it: what was left out then is something else than
 * what is left out now, and only the record's version tells.
 */

/** What of a field's history is to be seen in the code that reads it. */
export function earlierOf({ type, optional, earlier }: Field): readonly Earlier[] {
  if (earlier === undefined) return NONE;
  const canBeNull = type.kind === "nullable" || type.kind === "null" || type.kind === "json";
  const later = optional ? "absent" : canBeNull ? "null" : "zero";
  const isAsLater = ({ is }: Earlier) => is.kind === later || (is.kind === "default" && isNatural(is.value, later));
  const last = earlier.findLastIndex((entry) => !isAsLater(entry));
  return earlier.slice(0, last + 1);
}

const NONE: readonly Earlier[] = [];

/** Whether a default is what later records have by having nothing. */
function isNatural(value: unknown, later: Lacking["kind"]): boolean {
  return later === "null" ? value === null : later === "zero" && Array.isArray(value);
}

/** Whether decoding an event takes its version. */
export function hasEarlier({ messages }: Event): boolean {
  return messages.some(({ fields }) => fields.some((field) => earlierOf(field).length > 0));
}

/** A field's type where it is neither absent nor null, and its history. */
interface Past {
  readonly type: Type;
  readonly earlier?: readonly Earlier[] | undefined;
}

/** What a field is whose variable holds nothing, given what it is in later records. */
export function lackingValue({ type, earlier = [] }: Past, later: string): string {
  const value = earlier.reduceRight((rest, { before, is }) => {
    return `reader.version < ${before} ? ${literalFor(is, type)} : ${rest}`;
  }, later);
  return value === later ? later : `(${value})`;
}

/** Sets the property of a field that may be absent, where its variable holds nothing. */
export function setLacking(assign: (value: string) => string, isEmpty: string, { type, earlier = [] }: Past): Code[] {
  return earlier.flatMap(({ before, is }, i) => {
    if (is.kind === "absent") return [];
    const from = earlier[i - 1]?.before;
    const conditions = [
      isEmpty,
      ...(from === undefined ? [] : [`reader.version >= ${from}`]),
      `reader.version < ${before}`,
    ];
    return [onlyIf(conditions, assign(literalFor(is, type)))];
  });
}

function literalFor(is: Lacking, type: Type): string {
  switch (is.kind) {
    case "absent":
      return "undefined";
    case "null":
      return "null";
    case "zero":
      return zeroLiteral(type);
    case "default":
      return defaultLiteral(is.value, type);
  }
}

/** A default of a field that is of that type where it is neither absent nor null. */
export function defaultLiteral(value: DefaultValue, type: Type): string {
  if (value === null) return "null";
  if (typeof value === "object") return zeroLiteral(type);
  if (type.kind === "bigint") return `${value}n`;
  return type.kind === "timestamp" ? `new Date(${literalOf(value)})` : literalOf(value);
}

/** Of the types that leave out their zero where they are required. */
function zeroLiteral({ kind }: Type): string {
  switch (kind) {
    case "text":
      return '""';
    case "int":
    case "float":
      return "0";
    case "bigint":
      return "0n";
    case "boolean":
      return "false";
    case "array":
      return "[]";
    case "record":
      return "{}";
    case "bytes":
      return "new Uint8Array()";
    case "json":
    case "null":
    case "nullable":
    case "timestamp":
    case "enum":
    case "message":
    case "union":
      return "null";
  }
}
