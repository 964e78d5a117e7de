import type { Json } from "../text/json.ts";

/*
 * What the lock's readers take JSON apart with. On anything else than they ask for they throw a LockFault.
 */

/** A lock that can't be followed; `at` is an offset in its text. */
export class LockFault extends Error {
  override readonly name = "LockFault";
  readonly fix: string;
  readonly at: number;

  constructor(reason: string, fix: string, at: number) {
    super(reason);
    this.fix = fix;
    this.at = at;
  }
}

export const RESTORE =
  "Restore the file from version control: field numbers that are lost can't be told from the types.";

export function entriesOf(
  json: Json,
  required: readonly string[],
  optional: readonly string[] = [],
): ReadonlyMap<string, Json> {
  if (json.kind !== "object") throw wrong(`there must be an object with ${required.join(", ")}`, json);
  const missing = required.find((key) => !json.entries.has(key));
  if (missing !== undefined) throw wrong(`'${missing}' is missing`, json);
  for (const [key, value] of json.entries) {
    if (!required.includes(key) && !optional.includes(key)) throw wrong(`nothing is known of '${key}'`, value);
  }
  return json.entries;
}

export function mapOf<T>(json: Json, read: (json: Json, name: string) => T): Map<string, T> {
  if (json.kind !== "object") throw wrong("there must be an object", json);
  return new Map(Array.from(json.entries, ([name, value]) => [name, read(value, name)]));
}

export function itemsOf(json: Json): readonly Json[] {
  if (json.kind !== "array") throw wrong("there must be a list", json);
  return json.items;
}

export function stringOf(json: Json): string {
  if (json.kind !== "scalar" || typeof json.value !== "string") throw wrong("there must be a string", json);
  return json.value;
}

export function integerOf(json: Json, max: number): number {
  const value = json.kind === "scalar" ? json.value : undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw wrong(`there must be an integer from 1 to ${max}`, json);
}

export function wrong(reason: string, { at }: Json): LockFault {
  return new LockFault(reason, RESTORE, at);
}
