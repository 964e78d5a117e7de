import type { JsonObject } from "../../text/json.ts";
import { numberAt, stringAt } from "../json-source.ts";
import { bytes, DATE, float, INT32, NULL, named, type Shape, text } from "../shape.ts";

/** A type of Avro that has no name. */
export interface AvroScalar {
  readonly shape: Shape;
  /** How its values differ from Avro's. */
  readonly differs?: string;
}

const NOT_FINITE = "NaN and the infinities, which Avro's doubles and floats can be, are refused: numbers are finite.";
const ROUNDED =
  "A float is a double here: readers of the contract can't read it as one, and what is finer than 32 bits is new to them.";

const PRIMITIVES: Readonly<Record<string, AvroScalar>> = {
  null: { shape: NULL },
  boolean: { shape: named("boolean", "boolean") },
  int: { shape: INT32 },
  long: { shape: named("bigint", "bigint") },
  float: { shape: float(), differs: `${ROUNDED} ${NOT_FINITE}` },
  double: { shape: float(), differs: NOT_FINITE },
  bytes: { shape: bytes() },
  string: { shape: text() },
};

export function primitiveOf(name: string): AvroScalar | undefined {
  return Object.hasOwn(PRIMITIVES, name) ? PRIMITIVES[name] : undefined;
}

/** Logical types that are another type here, by the type that carries them. */
const LOGICAL: Readonly<Record<string, AvroScalar>> = {
  "string uuid": { shape: text({ format: "uuid" }) },
  "long timestamp-millis": { shape: DATE, differs: "A Date holds the years 1 to 9999; other timestamps are refused." },
};

/** What the numbers of other logical types count. */
const UNITS: Readonly<Record<string, string>> = {
  date: "days since 1970-01-01",
  "time-millis": "milliseconds after midnight",
  "time-micros": "microseconds after midnight",
  "timestamp-micros": "microseconds since 1970-01-01T00:00Z",
  "timestamp-nanos": "nanoseconds since 1970-01-01T00:00Z",
  "local-timestamp-millis": "milliseconds since 1970-01-01T00:00, without a time zone",
  "local-timestamp-micros": "microseconds since 1970-01-01T00:00, without a time zone",
  "local-timestamp-nanos": "nanoseconds since 1970-01-01T00:00, without a time zone",
  duration: "three little-endian integers: months, days, milliseconds",
};

/** The logical type of a schema, as far as it has one. */
export function logicalOf(json: JsonObject):
  | { readonly kind: "none" }
  /** It is a type of ours. */
  | ({ readonly kind: "own" } & AvroScalar)
  /** The type that carries it stays; `unit` says what it holds. */
  | { readonly kind: "carried"; readonly name: string; readonly unit: string | undefined } {
  const name = stringAt(json, "logicalType");
  if (name === undefined) return { kind: "none" };
  const own = `${stringAt(json, "type")} ${name}`;
  if (Object.hasOwn(LOGICAL, own)) return { kind: "own", ...LOGICAL[own]! };
  if (name === "decimal") {
    const scale = numberAt(json, "scale") ?? 0;
    const unit = `an unscaled big-endian integer; the number is it times 10^-${scale}`;
    return { kind: "carried", name, unit };
  }
  return { kind: "carried", name, unit: Object.hasOwn(UNITS, name) ? UNITS[name] : undefined };
}
