import type { Json } from "../authoring/types.ts";

/**
 * A JSON value as text, the same for equal values: without blanks, objects' keys sorted. As JSON.stringify writes it,
 * but for minus zero, which JSON has and JSON.stringify has not.
 */
export function jsonText(value: Json): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${jsonText(value[key]!)}`);
  return `{${entries.join(",")}}`;
}
