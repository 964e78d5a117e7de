import type { Enum, Event, Field, Message } from "../model/model.ts";
import { snakeCase, upperCamel } from "../model/naming.ts";
import { unique } from "./names.ts";

/** What the parts of an event are called in its contract. */
export interface ProtoNames {
  /** A message or enum, by its name in TypeScript. */
  readonly type: (name: string) => string;
  readonly field: (message: Message, field: Field) => string;
  /** The field of EMPTY_FIELDS_NUMBER. */
  readonly emptyFields: (message: Message) => string;
  /** The field of NULL_FIELDS_NUMBER. */
  readonly nullFields: (message: Message) => string;
  /** An enum's value 0. */
  readonly unspecified: (union: Enum) => string;
  readonly member: (union: Enum, number: number) => string;
}

/** Legal names, unique where protobuf asks for it: those of enum values in the whole file. */
export function protoNames({ messages, enums }: Event): ProtoNames {
  const taken = new Set<string>();
  const types = new Map([...messages, ...enums].map(({ name }) => [name, unique(upperCamel(name), taken)]));

  const members = new Map<Enum, ReadonlyMap<number, string>>();
  for (const union of enums) {
    const prefix = snakeCase(types.get(union.name)!).toUpperCase();
    const named = [
      { number: 0, name: "UNSPECIFIED" },
      ...byNumber(union.members).map(({ name, number }) => ({ number, name: memberName(name) || `VALUE_${number}` })),
    ];
    members.set(union, new Map(named.map(({ number, name }) => [number, unique(`${prefix}_${name}`, taken, "_")])));
  }

  const fields = new Map<Message, ReadonlyMap<number, string>>();
  const emptyFields = new Map<Message, string>();
  const nullFields = new Map<Message, string>();
  for (const message of messages) {
    const taken = new Set<string>();
    const named = byNumber(message.fields).map(
      ({ name, number }) => [number, unique(fieldName(name), taken, "_")] as const,
    );
    fields.set(message, new Map(named));
    emptyFields.set(message, unique("empty_fields", taken, "_"));
    nullFields.set(message, unique("null_fields", taken, "_"));
  }

  return {
    type: (name) => types.get(name)!,
    field: (message, { number }) => fields.get(message)!.get(number)!,
    emptyFields: (message) => emptyFields.get(message)!,
    nullFields: (message) => nullFields.get(message)!,
    unspecified: (union) => members.get(union)!.get(0)!,
    member: (union, number) => members.get(union)!.get(number)!,
  };
}

export function fieldName(name: string): string {
  return startingWithLetter(snakeCase(name) || "field", "n");
}

/** Without its enum's prefix. */
export function memberName(name: string): string {
  return snakeCase(name.replace(/^-(?=[\d.])/, "minus ")).toUpperCase();
}

/** A part of a package's name. */
export function packageName(useCase: string): string {
  return startingWithLetter(snakeCase(useCase), "n");
}

/** What protobuf calls a field in JSON unless it is told otherwise. */
export function defaultJsonName(field: string): string {
  return field.replace(/_+([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase()).replaceAll("_", "");
}

export function byNumber<T extends { readonly number: number }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => a.number - b.number);
}

function startingWithLetter(name: string, prefix: string): string {
  return /^[a-z]/.test(name) ? name : `${prefix}${name}`;
}
