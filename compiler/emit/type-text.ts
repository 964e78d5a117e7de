import type { Event, Type } from "../model/model.ts";
import { unique } from "./names.ts";

/** How a generated file calls the types that it mentions. */
export interface TypeNames {
  readonly date: string;
  readonly bytes: string;
  readonly record: (values: string) => string;
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
    case "enum":
    case "message":
      return names.own(type.name);
    case "array":
      return type.items.kind === "nullable" ? `(${typeText(type.items, names)})[]` : `${typeText(type.items, names)}[]`;
    case "record":
      return names.record(typeText(type.values, names));
    case "null":
      return "null";
    case "nullable":
      return `${typeText(type.of, names)} | null`;
  }
}

/** Where the event's types are declared: they keep their names, and TypeScript's own make way. */
export function declaringNames(event: Event): TypeNames {
  const own = new Set(typesOf(event));
  const builtIn = (name: string) => (own.has(name) ? `globalThis.${name}` : name);
  return {
    date: builtIn("Date"),
    bytes: builtIn("Uint8Array"),
    record: (values) => (own.has("Record") ? `{ [key: string]: ${values} }` : `Record<string, ${values}>`),
    own: (name) => name,
  };
}

/** Where the event's types are imported: one called like something else in the file is given another name. */
export function importingNames(
  event: Event,
  elsewhere: readonly string[],
): { names: TypeNames; imported: readonly string[] } {
  const types = typesOf(event);
  const taken = new Set([...types, ...elsewhere]);
  const clashing = types.filter((name) => elsewhere.includes(name));
  const aliases = new Map(clashing.map((name) => [name, unique(`${name}Type`, taken)]));
  return {
    names: {
      date: "Date",
      bytes: "Uint8Array",
      record: (values) => `Record<string, ${values}>`,
      own: (name) => aliases.get(name) ?? name,
    },
    imported: types.map((name) => (aliases.has(name) ? `${name} as ${aliases.get(name)}` : name)),
  };
}

function typesOf({ messages, enums }: Event): string[] {
  return [...messages, ...enums].map(({ name }) => name);
}
