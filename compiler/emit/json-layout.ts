import { rememberedName } from "../model/remembered.ts";

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
  const pieces: string[] = [];
  layOut(pieces, value, "\n", WIDTH);
  pieces.push("\n");
  return pieces.join("");
}

/** An object's property, to be put together with others: see `objectText`. `after` is what will follow it on its line. */
export function propertyText(key: string, value: Json, indent: string, after = ""): string {
  const before = `${indent}${keyText(key)}`;
  const pieces = [before];
  layOut(pieces, value, `\n${indent}`, WIDTH - before.length - after.length);
  return pieces.join("");
}

/** An object of properties that are laid out already, one level deeper. */
export function objectText(properties: readonly string[], indent: string): string {
  return properties.length > 0 ? `{\n${properties.join(",\n")}\n${indent}}` : "{}";
}

/** Adds the value's text; `start` is what its next line starts with, `room` what is left of its first. */
function layOut(pieces: string[], value: Json, start: string, room: number): void {
  if (!isCompound(value)) {
    pieces.push(plainText(value));
    return;
  }
  const line = hasBranches(value) ? undefined : inlineText(value, room);
  if (line !== undefined) pieces.push(line);
  else if (Array.isArray(value)) layOutList(pieces, value, start);
  else layOutObject(pieces, value as JsonObject, start);
}

function layOutList(pieces: string[], items: readonly Json[], start: string): void {
  const inside = `${start}  `;
  const room = WIDTH - inside.length + 1;
  const between = `,${inside}`;
  const last = items.length - 1;
  pieces.push("[");
  for (let i = 0; i <= last; i++) {
    pieces.push(i === 0 ? inside : between);
    layOut(pieces, items[i]!, inside, i < last ? room - 1 : room);
  }
  pieces.push(start, "]");
}

function layOutObject(pieces: string[], value: JsonObject, start: string): void {
  const inside = `${start}  `;
  const room = WIDTH - inside.length + 1;
  const between = `,${inside}`;
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  const last = keys.length - 1;
  pieces.push("{");
  for (let i = 0; i <= last; i++) {
    const key = keys[i]!;
    const before = keyText(key);
    pieces.push(i === 0 ? inside : between, before);
    layOut(pieces, value[key]!, inside, (i < last ? room - 1 : room) - before.length);
  }
  pieces.push(start, "}");
}

/** On one line, if it is no longer than that. */
function inlineText(value: Json, room: number): string | undefined {
  if (!isCompound(value)) return plainText(value);
  return Array.isArray(value) ? inlineList(value, room) : inlineObject(value as JsonObject, room);
}

function inlineList(items: readonly Json[], room: number): string | undefined {
  if (items.length === 0) return "[]";
  let text = "[";
  for (let i = 0; i < items.length; i++) {
    const inner = inlineText(items[i]!, room - text.length);
    if (inner === undefined) return undefined;
    text += i === 0 ? inner : `, ${inner}`;
    if (text.length + 1 > room) return undefined;
  }
  return `${text}]`;
}

function inlineObject(value: JsonObject, room: number): string | undefined {
  let text = "{ ";
  for (const key in value) {
    const part = value[key];
    if (part === undefined) continue;
    const inner = inlineText(part, room - text.length);
    if (inner === undefined) return undefined;
    text += `${text.length > 2 ? ", " : ""}${keyText(key)}${inner}`;
    if (text.length + 2 > room) return undefined;
  }
  return text.length > 2 ? `${text} }` : "{}";
}

function plainText(value: string | number | boolean | null): string {
  return typeof value === "string" ? quoted(value) : JSON.stringify(value);
}

/** What stands in front of a property's value. */
const keyText = rememberedName((key) => `${quoted(key)}: `);

/** A fourth of the time of `JSON.stringify`, for most. */
function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Whether, at some level, more than one part has parts of its own, lists of plain values aside. */
function hasBranches(value: readonly Json[] | JsonObject): boolean {
  const parts = Array.isArray(value) ? (value as readonly Json[]) : Object.values(value);
  let branch: readonly Json[] | JsonObject | undefined;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part === undefined || !isCompound(part) || isFlatList(part)) continue;
    if (branch) return true;
    branch = part;
  }
  return branch !== undefined && hasBranches(branch);
}

function isCompound(value: Json): value is readonly Json[] | JsonObject {
  return typeof value === "object" && value !== null;
}

function isFlatList(value: Json): boolean {
  return Array.isArray(value) && !value.some(isCompound);
}
