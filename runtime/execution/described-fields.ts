import { describeThrown } from "../contract/thrown.ts";

/** Most characters of all texts and names together. */
const MOST_CHARACTERS = 8_192;
const DEEPEST = 5;
const MOST_ENTRIES = 50;
export const HIDDEN = "[secret]";

/**
 * Fields of a log's line as plain data, whatever they are: getters that throw, cycles, a text of a gigabyte. Runs no `toJSON`.
 * What is beyond the bounds is left out and marked by `…`; properties named in `secrets` are masked.
 */
export function describeFields(fields: unknown, secrets?: ReadonlySet<string>): Readonly<Record<string, unknown>> {
  let left = MOST_CHARACTERS;

  function text(value: string): string {
    const kept = value.slice(0, Math.max(0, left)).toWellFormed();
    left -= kept.length;
    return kept.length < value.length ? `${kept}…` : kept;
  }

  function describe(value: unknown, depth: number): unknown {
    if (typeof value === "string") return text(value);
    if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
    if (typeof value === "bigint") return text(value.toString());
    if (typeof value !== "object")
      return value === undefined || typeof value === "boolean" ? value : `(${typeof value})`;
    if (value === null) return null;
    try {
      if (value instanceof Error) return text(describeThrown(value));
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
      if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
      if (depth >= DEEPEST || left <= 0) return "…";
      if (Array.isArray(value)) return list(value, depth);
      if (value instanceof Set) return list([...value].slice(0, MOST_ENTRIES + 1), depth);
      return record(value instanceof Map ? Object.fromEntries(value) : value, depth);
    } catch {
      return "(unreadable)";
    }
  }

  function list(values: readonly unknown[], depth: number): unknown[] {
    const kept = values.slice(0, MOST_ENTRIES).map((one) => describe(one, depth + 1));
    return values.length > MOST_ENTRIES ? [...kept, "…"] : kept;
  }

  function record(value: object, depth: number): Record<string, unknown> {
    const found: [string, unknown][] = [];
    for (const name of Object.keys(value)) {
      if (found.length >= MOST_ENTRIES || left <= 0) {
        found.push(["…", "left out"]);
        break;
      }
      left -= name.length;
      if (secrets?.has(name)) found.push([name, HIDDEN]);
      else found.push([name.slice(0, 256), describe((value as Record<string, unknown>)[name], depth + 1)]);
    }
    // Not by assignment: a property may be named `__proto__`.
    return Object.fromEntries(found);
  }

  try {
    const described = describe(fields, 0);
    return typeof described === "object" && described !== null && !Array.isArray(described)
      ? (described as Record<string, unknown>)
      : { value: described };
  } catch {
    return { value: "(unreadable)" };
  }
}
