import type { Enum, Event, Field, Message, Removed, Union, Variant } from "../../model/model.ts";
import { snakeCase, upperCamel } from "../../model/naming.ts";
import { byNumber } from "../../model/protobuf.ts";
import { rememberedName } from "../../model/remembered.ts";
import { unique } from "../names.ts";
import { elementName } from "../tuples.ts";

/** What the parts of an event are called in its contract; removed ones keep their names, which are reserved. */
export interface ProtoNames {
  /** A message or enum, by its name in TypeScript. */
  readonly type: (name: string) => string;
  readonly field: (message: Message, field: Pick<Field, "number">) => string;
  /** The field of EMPTY_FIELDS_NUMBER. */
  readonly emptyFields: (message: Message) => string;
  /** The field of NULL_FIELDS_NUMBER. */
  readonly nullFields: (message: Message) => string;
  /** A union's field. */
  readonly variant: (union: Union, variant: Pick<Variant, "number">) => string;
  readonly oneof: (union: Union) => string;
  /** An enum's value 0. */
  readonly unspecified: (union: Enum) => string;
  readonly member: (union: Enum, number: number) => string;
}

/** Legal names, unique where protobuf asks for it: those of enum values in the whole file. */
export function protoNames({ messages, enums, unions }: Event): ProtoNames {
  const taken = new Set<string>();
  const types = new Map<string, string>();
  for (const { name } of [...messages, ...unions, ...enums]) types.set(name, unique(upperCamel(name), taken));

  const members = new Map<Enum, ReadonlyMap<number, string>>();
  for (const union of enums) {
    const prefix = snakeCase(types.get(union.name)!).toUpperCase();
    const named = new Map([[0, unique(`${prefix}_UNSPECIFIED`, taken, "_")]]);
    for (const { name, number } of byNumber(withRemoved(union.members, union))) {
      named.set(number, unique(`${prefix}_${memberName(name) || `VALUE_${number}`}`, taken, "_"));
    }
    members.set(union, named);
  }

  const variants = new Map<Union, ReadonlyMap<number, string>>();
  const oneofs = new Map<Union, string>();
  for (const union of unions) {
    const taken = new Set<string>();
    const named = new Map<number, string>();
    for (const { name, number } of byNumber(withRemoved(union.variants, union))) {
      named.set(number, unique(variantName(name), taken, "_"));
    }
    variants.set(union, named);
    oneofs.set(union, unique("value", taken, "_"));
  }

  const fields = new Map<Message, ReadonlyMap<number, string>>();
  const emptyFields = new Map<Message, string>();
  const nullFields = new Map<Message, string>();
  for (const message of messages) {
    const taken = new Set<string>();
    const named = new Map<number, string>();
    for (const field of byNumber(withRemoved(message.fields, message))) {
      named.set(field.number, unique(fieldName(fieldOrElement(field, message)), taken, "_"));
    }
    fields.set(message, named);
    emptyFields.set(message, unique("empty_fields", taken, "_"));
    nullFields.set(message, unique("null_fields", taken, "_"));
  }

  return {
    type: (name) => types.get(name)!,
    field: (message, { number }) => fields.get(message)!.get(number)!,
    emptyFields: (message) => emptyFields.get(message)!,
    nullFields: (message) => nullFields.get(message)!,
    variant: (union, { number }) => variants.get(union)!.get(number)!,
    oneof: (union) => oneofs.get(union)!,
    unspecified: (union) => members.get(union)!.get(0)!,
    member: (union, number) => members.get(union)!.get(number)!,
  };
}

interface Part {
  readonly name: string;
  readonly number: number;
}

/** Names are given in the order of numbers: what is removed keeps its own, so that no other's changes. */
function withRemoved<T extends Part>(
  parts: readonly T[],
  { removed = [] }: Message | Enum | Union,
): readonly (T | Removed)[] {
  return removed.length === 0 ? parts : [...parts, ...removed];
}

function fieldOrElement(field: Field | Removed, message: Message): string {
  if (!message.tuple) return field.name;
  return "type" in field ? elementName(message, field) : `item${Number(field.name) + 1}`;
}

const fieldName = rememberedName((name) => startingWithLetter(snakeCase(name) || "field", "n"));

/** `circle` of the message Circle, `string_value` of what has no message. */
function variantName(name: string): string {
  return /^[a-z]/.test(name) ? `${snakeCase(name)}_value` : fieldName(name);
}

/** Without its enum's prefix. */
function memberName(name: string): string {
  return snakeCase(name).toUpperCase();
}

/** A part of a package's name. */
export const packageName = rememberedName((useCase) => startingWithLetter(snakeCase(useCase), "n"));

/** What protobuf calls a field in JSON unless it is told otherwise. */
export function defaultJsonName(field: string): string {
  if (!field.includes("_")) return field;
  return field.replace(/_+([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase()).replaceAll("_", "");
}

function startingWithLetter(name: string, prefix: string): string {
  return /^[a-z]/.test(name) ? name : `${prefix}${name}`;
}
