import type { Cursor } from "./cursor.ts";
import type { ProtoOption } from "./file.ts";
import { ProtoFault } from "./tokens.ts";

/** `option name = value;` */
export function parseOptionStatement(cursor: Cursor): ProtoOption {
  cursor.expect("option");
  const option = parseOption(cursor);
  cursor.expect(";");
  return option;
}

/** `[name = value, …]`, or nothing. */
export function parseFieldOptions(cursor: Cursor): ProtoOption[] {
  if (!cursor.take("[")) return [];
  const options = [parseOption(cursor)];
  while (cursor.take(",")) options.push(parseOption(cursor));
  cursor.expect("]");
  return options;
}

function parseOption(cursor: Cursor): ProtoOption {
  const { at } = cursor.peek();
  const names = [parseName(cursor)];
  while (cursor.take(".")) names.push(parseName(cursor));
  cursor.expect("=");
  const { value, end } = parseValue(cursor);
  return { name: names.join("."), value, at, end };
}

/** A word, or an extension's name in parentheses. */
function parseName(cursor: Cursor): string {
  if (!cursor.take("(")) return cursor.name("an option's name").text;
  const { text } = cursor.path("an extension's name");
  cursor.expect(")");
  return `(${text.replace(/^\./, "")})`;
}

function parseValue(cursor: Cursor): { readonly value: string; readonly end: number } {
  const first = cursor.peek();
  if (first.kind === "text") {
    const value = cursor.text("a text");
    return { value, end: first.end };
  }
  if (cursor.isAt("{")) return skipMessage(cursor);
  const sign = cursor.take("-") ? "-" : cursor.take("+") ? "" : "";
  const { kind, text, end } = cursor.peek();
  if (kind !== "name" && kind !== "number") throw cursor.fault("an option's value");
  cursor.next();
  return { value: sign + text, end };
}

/** A message in protobuf's text format, which is passed over. */
function skipMessage(cursor: Cursor): { readonly value: string; readonly end: number } {
  const { at } = cursor.peek();
  const texts: string[] = [];
  for (let depth = 0; ; ) {
    const { kind, text, end } = cursor.next();
    if (kind === "end") throw new ProtoFault("the '{' of an option's value is not closed", at);
    texts.push(kind === "text" ? JSON.stringify(text) : text);
    if (kind !== "symbol") continue;
    if (text === "{") depth++;
    if (text === "}") depth--;
    if (depth === 0) return { value: texts.join(" "), end };
  }
}
