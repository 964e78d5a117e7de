/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

const WIDTH = 120;
/** Texts that JSON holds as they are. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * JSON for people to read and compare: what has no branches stands on one line where that is short enough. Properties
 * that are undefined are left out.
 */
export function jsonText(value: Json): string {
  return `${laidOut(value, "", "")}\n`;
}

/** An object's property, to be put together with others: see `objectText`. */
export function propertyText(key: string, value: Json, indent: string): string {
  return laidOut(value, indent, `${quoted(key)}: `);
}

/** An object of properties that are laid out already, one level deeper. */
export function objectText(properties: readonly string[], indent: string): string {
  return properties.length > 0 ? `{\n${properties.join(",\n")}\n${indent}}` : "{}";
}

function laidOut(value: Json, indent: string, before: string): string {
  const lines: string[] = [];
  layOut(lines, value, { indent, before, after: "" });
  return lines.join("\n");
}

interface Place {
  readonly indent: string;
  readonly before: string;
  readonly after: string;
}

function layOut(lines: string[], value: Json, { indent, before, after }: Place): void {
  const start = indent + before;
  const line = isCompound(value) ? inlineText(value, WIDTH - start.length - after.length) : plainText(value);
  if (line !== undefined) {
    lines.push(start + line + after);
    return;
  }
  const isList = Array.isArray(value);
  const inside = `${indent}  `;
  const keys = keysOf(value as JsonObject);
  const last = keys.length - 1;
  lines.push(start + (isList ? "[" : "{"));
  for (let i = 0; i <= last; i++) {
    const key = keys[i]!;
    const before = isList ? "" : `${quoted(key)}: `;
    layOut(lines, (value as JsonObject)[key]!, { indent: inside, before, after: i < last ? "," : "" });
  }
  lines.push(`${indent}${isList ? "]" : "}"}${after}`);
}

/** Of properties that are not undefined; of a list's items. */
function keysOf(value: JsonObject): string[] {
  return Object.keys(value).filter((key) => value[key] !== undefined);
}

/**
 * On one line, if it is no longer than that, and if each level has at most one part with parts of its own, lists of plain
 * values aside.
 */
function inlineText(value: Json, room: number): string | undefined {
  if (!isCompound(value)) return plainText(value);
  if (hasBranches(value)) return undefined;
  const isList = Array.isArray(value);
  let text = "";
  for (const key of Object.keys(value)) {
    const part = (value as JsonObject)[key];
    if (part === undefined) continue;
    const inner = inlineText(part, room - text.length);
    if (inner === undefined) return undefined;
    text += (text === "" ? "" : ", ") + (isList ? inner : `${quoted(key)}: ${inner}`);
    if (text.length + (isList ? 2 : 4) > room) return undefined;
  }
  if (text === "") return isList ? "[]" : "{}";
  return isList ? `[${text}]` : `{ ${text} }`;
}

function plainText(value: string | number | boolean | null): string {
  return typeof value === "string" ? quoted(value) : JSON.stringify(value);
}

/** A fourth of the time of `JSON.stringify`, for most. */
function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Whether more than one part has parts of its own. */
function hasBranches(value: readonly Json[] | JsonObject): boolean {
  let found = 0;
  for (const key of Object.keys(value)) {
    const part = (value as JsonObject)[key];
    if (part !== undefined && isCompound(part) && !isFlatList(part) && ++found > 1) return true;
  }
  return false;
}

function isCompound(value: Json): value is readonly Json[] | JsonObject {
  return typeof value === "object" && value !== null;
}

function isFlatList(value: Json): boolean {
  return Array.isArray(value) && !value.some(isCompound);
}
