import type { Json } from "../authoring/types.ts";
import type { JsonReading } from "./json-reading.ts";

/** How values of a type become JSON, and come from it. */
export interface JsonPart {
  /** Of a valid value. */
  readonly write: (value: unknown) => Json;
  /**
   * What has not the form that its type has in JSON is told to `reading`, and stays as it is, as does what the validator
   * will refuse. `orNull` ends a rule where null is allowed too.
   */
  readonly read: (value: unknown, reading: JsonReading, orNull?: string) => unknown;
  /** Of a field: names that it had in earlier versions. */
  readonly formerNames?: readonly string[];
}

/** Neither null nor a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What every object has through its prototype is none of its own. */
export function ownProperty(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** What is made when it is first asked for: parts may hold each other. */
export function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
