import type { ArrayType, Event, Message, NullableType, RecordType, Type, Union } from "../model/model.ts";
import { upperCamel } from "../model/naming.ts";
import { remembered } from "../model/remembered.ts";
import { unique } from "./names.ts";
import { presentType } from "./presence.ts";
import { elementName } from "./tuples.ts";

/*
 * Protobuf has no list of lists, no map of lists, no list of maps, and no null among their elements. What is inside a
 * list or map becomes a message of its own with one field: `repeated T items = 1`, `map<string, T> entries = 1`, or
 * `optional T value = 1`.
 */

/** What has a message of its own only because of where it stands. */
export type Wrapped = ArrayType | RecordType | NullableType;

/** What has fields of its own in the contract. */
export type Owner = Message | Union;

/** A message's fields, or a union's variants. */
export function partsOf(
  owner: Owner,
): readonly { readonly name: string; readonly number: number; readonly type: Type }[] {
  if (!("fields" in owner)) return owner.variants;
  return owner.tuple ? owner.fields.map((field) => ({ ...field, name: elementName(owner, field) })) : owner.fields;
}

export interface Wrapper {
  /** Where it is: the field's number, then `/items`, `/values` or `/value` a level. */
  readonly path: string;
  /** The message's name, nested in the message that owns it. */
  readonly name: string;
  readonly type: Wrapped;
}

/** The wrappers of a message or union, outer ones first. */
export function wrappersOf(owner: Owner, event: Event): readonly Wrapper[] {
  return wrappersIn(event).get(owner) ?? NONE;
}

const NONE: readonly Wrapper[] = [];

/** Of those that have any: most have none. */
const wrappersIn = remembered((event: Event): ReadonlyMap<Owner, readonly Wrapper[]> => {
  const all = new Map<Owner, readonly Wrapper[]>();
  for (const owner of [...event.messages, ...event.unions]) {
    const wrappers = findWrappers(owner, event);
    if (wrappers.length > 0) all.set(owner, wrappers);
  }
  return all;
});

function findWrappers(owner: Owner, event: Event): Wrapper[] {
  if (!partsOf(owner).some(({ type }) => isWrapped(type))) return [];
  const taken = new Set(namesOf(event));
  const wrappers: Wrapper[] = [];
  const wrap = (type: Wrapped, path: string, name: string): void => {
    wrappers.push({ path, name: unique(name, taken), type });
    visit(type, path, name);
  };
  const visit = (type: Type, path: string, name: string): void => {
    if (!isWrapped(type)) return;
    const inner = elementOf(type);
    const innerPath = elementPath(path, type);
    const innerName = `${name}${type.kind === "array" ? "Item" : "Value"}`;
    if (isWrapped(inner)) wrap(inner, innerPath, innerName);
  };
  for (const { name, number, type } of partsOf(owner)) {
    if (!isWrapped(type)) continue;
    if ("fields" in owner) visit(presentType(type), String(number), upperCamel(name));
    // A oneof holds neither lists nor maps.
    else wrap(type, String(number), upperCamel(name));
  }
  return wrappers;
}

/** Of all that the event declares. */
export const namesOf = remembered(({ messages, enums, unions }: Event): readonly string[] =>
  [...messages, ...enums, ...unions].map(({ name }) => name),
);

export function isWrapped(type: Type): type is Wrapped {
  return type.kind === "array" || type.kind === "record" || type.kind === "nullable";
}

export function elementOf(type: Wrapped): Type {
  return type.kind === "array" ? type.items : type.kind === "record" ? type.values : type.of;
}

/** What a record's keys are on the wire. */
export function keyType({ keys }: RecordType): Type {
  return keys ?? TEXT;
}

const TEXT: Type = { kind: "text" };

const STEPS = { array: "items", record: "values", nullable: "value" } as const;

export function elementPath(path: string, type: Wrapped): string {
  return `${path}/${STEPS[type.kind]}`;
}
