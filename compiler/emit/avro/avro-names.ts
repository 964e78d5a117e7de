import type { Enum, EnumMember, Event, Field, Message } from "../../model/model.ts";
import { lowerCamel, snakeCase, upperCamel } from "../../model/naming.ts";
import { byNumber } from "../../model/protobuf.ts";
import { isInherited, unique } from "../names.ts";
import { elementName } from "../tuples.ts";

/*
 * Avro's names are ASCII letters, digits and underscores, no digit first. Names of TypeScript that are such stay; others
 * are made such, and the schema says in an attribute of its own which they were.
 */

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What the parts of an event are called in Avro. */
export interface AvroNames {
  /** A message, enum or union, by its name in TypeScript. */
  readonly type: (name: string) => string;
  readonly field: (message: Message, field: Field) => string;
  readonly symbol: (union: Enum, member: EnumMember) => string;
}

/** Names are given in the order of numbers, so that what is added later takes none from what was there. */
export function avroNames({ messages, enums, unions }: Event): AvroNames {
  const taken = new Set<string>();
  const types = new Map<string, string>();
  for (const { name } of [...messages, ...enums, ...unions]) types.set(name, unique(upperCamel(name), taken));
  const fields = new Map<Message, ReadonlyMap<number, string>>();
  for (const message of messages) {
    const nameOf = (field: Field) => fieldName(message.tuple ? elementName(message, field) : field.name);
    fields.set(message, named(message.fields, nameOf));
  }
  const symbols = new Map<Enum, ReadonlyMap<number, string>>();
  for (const union of enums) symbols.set(union, named(union.members, symbolName));
  return {
    type: (name) => types.get(name)!,
    field: (message, { number }) => fields.get(message)!.get(number)!,
    symbol: (union, { number }) => symbols.get(union)!.get(number)!,
  };
}

function named<T extends { readonly number: number }>(parts: readonly T[], nameOf: (part: T) => string) {
  const taken = new Set<string>();
  const names = new Map<number, string>();
  for (const part of byNumber(parts)) names.set(part.number, unique(nameOf(part), taken, "_"));
  return names;
}

export function fieldName(name: string): string {
  // avsc takes it for the prototype.
  return NAME.test(name) && name !== "__proto__" ? name : lowerCamel(name);
}

function symbolName({ value, number }: EnumMember): string {
  const text = String(value);
  // What every object has through its prototype, avsc takes for a symbol that it knows already.
  if (NAME.test(text)) return isInherited(text) ? `_${text}` : text;
  const name = snakeCase(text.replace(/^-(?=[\d.])/, "minus ")) || `value_${number}`;
  return NAME.test(name) ? name : `_${name}`;
}
