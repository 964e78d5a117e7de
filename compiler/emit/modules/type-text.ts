import type { ArrayType, Event, Type } from "../../model/model.ts";
import { unique } from "../names.ts";
import { namesOf } from "../wrappers.ts";

/** How a generated file calls the types that it mentions. */
export interface TypeNames {
  readonly date: string;
  readonly bytes: string;
  /** The package's own. */
  readonly json: string;
  readonly record: (keys: "string" | "number", values: string) => string;
  readonly array: (items: string, type: ArrayType) => string;
  /** A message or enum of the event. */
  readonly own: (name: string) => string;
}

/** A type as TypeScript writes it. */
export function typeText(type: Type, names: TypeNames): string {
  switch (type.kind) {
    case "text":
      return "string";
    case "int":
    case "float":
      return "number";
    case "bigint":
      return "bigint";
    case "boolean":
      return type.only === undefined ? "boolean" : String(type.only);
    case "timestamp":
      return names.date;
    case "bytes":
      return names.bytes;
    case "json":
      return names.json;
    case "enum":
    case "message":
    case "union":
      return names.own(type.name);
    case "array":
      return names.array(typeText(type.items, names), type);
    case "record":
      return names.record(
        type.keys ? "number" : "string",
        `${typeText(type.values, names)}${type.sparse ? " | undefined" : ""}`,
      );
    case "null":
      return "null";
    case "nullable":
      return `${typeText(type.of, names)} | null`;
  }
}

function arrayText(items: string, { items: type, readonly }: ArrayType): string {
  const isOperand = type.kind === "nullable" || items.startsWith("readonly ");
  return `${readonly ? "readonly " : ""}${isOperand ? `(${items})` : items}[]`;
}

/** The same types as they are while they are being made. */
export function mutable(names: TypeNames): TypeNames {
  return { ...names, array: (items, { kind, items: type }) => arrayText(items, { kind, items: type }) };
}

/** Where the event's types are declared: they keep their names, and TypeScript's own make way. */
export function declaringNames(event: Event): TypeNames {
  const own = new Set(namesOf(event));
  const builtIn = (name: string) => (own.has(name) ? `globalThis.${name}` : name);
  return {
    date: builtIn("Date"),
    bytes: builtIn("Uint8Array"),
    json: unique("Json", own),
    record: (keys, values) => (own.has("Record") ? `{ [key: ${keys}]: ${values} }` : `Record<${keys}, ${values}>`),
    array: arrayText,
    own: (name) => name,
  };
}

/** Where the event's types are imported: one called like something else in the file is given another name. */
export function importingNames(
  event: Event,
  elsewhere: readonly string[],
): { names: TypeNames; imported: readonly string[] } {
  const types = namesOf(event);
  const taken = new Set([...types, ...elsewhere]);
  const clashing = types.filter((name) => elsewhere.includes(name));
  const aliases = new Map(clashing.map((name) => [name, unique(`${name}Type`, taken)]));
  return {
    names: {
      date: "Date",
      bytes: "Uint8Array",
      json: "Json",
      record: (keys, values) => `Record<${keys}, ${values}>`,
      array: arrayText,
      own: (name) => aliases.get(name) ?? name,
    },
    imported: types.map((name) => (aliases.has(name) ? `${name} as ${aliases.get(name)}` : name)),
  };
}
