import { isObject, type JsonPart, lazily, ownProperty } from "./json-part.ts";

/** A type of a union, and what its values are known by. */
export interface JsonVariant {
  /** As its type is called; of all but messages the kind of value. */
  readonly name: string;
  /** What it was called in earlier versions. */
  readonly formerNames?: readonly string[];
  readonly part: JsonPart;
  readonly kind: ValueKind;
  /** By the names of fields, what they are in this variant, where others have them otherwise. */
  readonly fields?: Readonly<Record<string, FieldLook>>;
}

/** One of these literals, or anything that looks like one of these. */
export interface FieldLook {
  readonly literals?: readonly (string | number | boolean)[];
  readonly looks?: readonly Look[];
  /** What the field was called in earlier versions. */
  readonly formerNames?: readonly string[];
}

type ValueKind = "string" | "number" | "bigint" | "boolean" | "date" | "bytes" | "list" | "object";

type Look = "undefined" | "null" | "string" | "number" | "bigint" | "object";

/** A union whose variants are told apart in JSON too: its values are in JSON what they are as their variant's. */
export function union(variantsOf: () => readonly JsonVariant[]): JsonPart {
  const variants = lazily(variantsOf);
  return {
    write: (value) => variantOf(variants(), value, kindInJson)!.part.write(value),
    read: (value, reading, orNull) => {
      const variant = variantOf(variants(), value, kindInJson);
      return variant ? variant.part.read(value, reading, orNull) : value;
    },
  };
}

/** A union whose variants are not: its values are objects of one property, called like the variant that it holds. */
export function taggedUnion(variantsOf: () => readonly JsonVariant[]): JsonPart {
  const variants = lazily(variantsOf);
  return {
    write: (value) => {
      const { name, part } = variantOf(variants(), value, kindOfValue)!;
      return { [name]: part.write(value) };
    },
    read: (value, reading, orNull = "") => {
      const names = variants().map(({ name }) => name);
      const [key = "", ...others] = isObject(value) ? Object.keys(value) : [];
      const isCalled = ({ name, formerNames = [] }: JsonVariant) => name === key || formerNames.includes(key);
      const tagged = others.length === 0 ? variants().find(isCalled) : undefined;
      const rule = `must be an object of one property, ${names.join(" or ")}${orNull}`;
      if (!tagged || !isObject(value)) return reading.fault(rule, value);
      const result = tagged.part.read(value[key], reading);
      const isRight = reading.isFull || variantOf(variants(), result, kindOfValue) === tagged;
      return isRight ? result : reading.fault(`${rule}: this is no ${tagged.name}`, value);
    },
  };
}

/** How one looks at a value: as what it is in TypeScript, or as what it is in JSON. */
type KindOf = (value: unknown) => string;

function kindOfValue(value: unknown): string {
  if (value instanceof Date) return "date";
  if (value instanceof Uint8Array) return "bytes";
  if (Array.isArray(value)) return "list";
  return value === null ? "null" : typeof value;
}

function kindInJson(value: unknown): string {
  const kind = kindOfValue(value);
  return kind === "date" || kind === "bytes" || kind === "bigint" ? "string" : kind;
}

/** The variant that a value is of; `undefined`: none. */
function variantOf(variants: readonly JsonVariant[], value: unknown, kindOf: KindOf): JsonVariant | undefined {
  const kind = kindOf(value);
  return variants.find((variant) => {
    if (variant.kind !== kind) return false;
    return Object.entries(variant.fields ?? {}).every(([name, look]) =>
      looksLike(look, fieldOf(value as Readonly<Record<string, unknown>>, name, look), kindOf),
    );
  });
}

function fieldOf(value: Readonly<Record<string, unknown>>, name: string, { formerNames }: FieldLook): unknown {
  // What every object inherits tells no variants apart, but a field may have been called so.
  const held = value[name];
  if (held !== undefined || formerNames === undefined) return held;
  return formerNames.map((former) => ownProperty(value, former)).find((found) => found !== undefined);
}

function looksLike({ literals = [], looks = [] }: FieldLook, value: unknown, kindOf: KindOf): boolean {
  const kind = kindOf(value);
  const look = kind === "date" || kind === "bytes" || kind === "list" ? "object" : kind;
  return literals.includes(value as string) || looks.includes(look as Look);
}
