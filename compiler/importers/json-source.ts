import { type Json, JsonFault, type JsonObject, parseJson } from "../text/json.ts";
import type { Place, Report, Source } from "./report.ts";

/** Deeper than people write, and shallow enough for the stack. */
const MAX_DEPTH = 256;

/** A contract that is written in JSON. `undefined`: it is none, which has been reported. */
export function parseOrReport(source: Source, format: string, report: Report): Json | undefined {
  try {
    return parseJson(source.text, MAX_DEPTH);
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    const { message: reason, at } = fault;
    report("bad-source", { source, at, end: at + 1 }, { format, reason, fix: "Fix the file: it is no valid JSON." });
    return undefined;
  }
}

export function placeOf(source: Source, { at, end }: Json): Place {
  return { source, at, end };
}

export function stringAt(object: JsonObject, key: string): string | undefined {
  const value = object.entries.get(key);
  return value?.kind === "scalar" && typeof value.value === "string" ? value.value : undefined;
}

export function numberAt(object: JsonObject, key: string): number | undefined {
  const value = object.entries.get(key);
  return value?.kind === "scalar" && typeof value.value === "number" ? value.value : undefined;
}

export function booleanAt(object: JsonObject, key: string): boolean | undefined {
  const value = object.entries.get(key);
  return value?.kind === "scalar" && typeof value.value === "boolean" ? value.value : undefined;
}

/** What a value says, as JSON.parse would have it. */
export function plainOf(json: Json): unknown {
  switch (json.kind) {
    case "scalar":
      return json.value;
    case "array":
      return json.items.map(plainOf);
    case "object":
      return Object.fromEntries(Array.from(json.entries, ([key, value]) => [key, plainOf(value)] as const));
  }
}
