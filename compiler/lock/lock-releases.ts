import type { DefaultValue } from "../model/earlier.ts";
import type { Type } from "../model/model.ts";
import { byNumber, isReservedNumber, MAX_FIELD_NUMBER } from "../model/protobuf.ts";
import type { Shape, ShapeEnum, ShapeMember, ShapeMessage } from "../model/shape.ts";
import type { Json } from "../text/json.ts";
import { entriesOf, integerOf, itemsOf, mapOf, stringOf, wrong } from "./lock-json.ts";
import { readType } from "./lock-shape-types.ts";

/*
 * The released versions of an event, as the lock keeps them: each a whole shape, in which a message, enum or union that
 * is as it was in a version before is that version's number.
 */

/** Reads `"released"`; versions come out in ascending order. Throws a LockFault. */
export function readReleases(json: Json): ReadonlyMap<number, Shape> {
  const versions = Array.from(mapOf(json, (shape, key) => ({ shape, number: versionOf(key, shape) })).values());
  const read = new Map<number, Parts>();
  for (const { number, shape } of versions.sort((a, b) => a.number - b.number)) {
    read.set(number, readParts(shape, read));
  }
  return new Map(Array.from(read, ([number, parts]) => [number, shapeOf(parts)]));
}

/** Reads one shape that refers to no other. Throws a LockFault. */
export function readShape(json: Json): Shape {
  return shapeOf(readParts(json, new Map()));
}

interface Parts {
  readonly event: string;
  readonly messages: ReadonlyMap<string, Fields>;
  readonly enums: ReadonlyMap<string, readonly ShapeMember[]>;
  readonly unions: ReadonlyMap<string, readonly Field[]>;
}

type Fields = Omit<ShapeMessage, "name">;

interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: Type;
  readonly optional: boolean;
  readonly standIn?: DefaultValue;
}

function versionOf(key: string, at: Json): number {
  const number = Number(key);
  if (/^[1-9]\d*$/.test(key) && number <= MAX_FIELD_NUMBER) return number;
  throw wrong(`'${key}' is no version: versions are integers from 1`, at);
}

function readParts(json: Json, before: ReadonlyMap<number, Parts>): Parts {
  const entries = entriesOf(json, ["event", "messages", "enums"], ["unions"]);
  const parts = {
    event: stringOf(entries.get("event")!),
    messages: readNamed(entries.get("messages")!, "messages", before, readMessage),
    enums: readNamed(entries.get("enums")!, "enums", before, readMembers),
    unions: entries.has("unions")
      ? readNamed(entries.get("unions")!, "unions", before, (variants) => readFields(variants, []))
      : new Map<string, Field[]>(),
  };
  if (!parts.messages.has(parts.event) && !parts.unions.has(parts.event)) {
    throw wrong(`the event '${parts.event}' is missing`, entries.get("event")!);
  }
  const fields = Array.from(parts.messages.values(), ({ fields }) => fields);
  for (const { type } of [...fields, ...parts.unions.values()].flat()) checkNames(type, parts, json);
  return parts;
}

type Kind = "messages" | "enums" | "unions";

/** Named parts, some of which are those of a version before. */
function readNamed<K extends Kind>(
  json: Json,
  kind: K,
  before: ReadonlyMap<number, Parts>,
  read: (json: Json) => Parts[K] extends ReadonlyMap<string, infer T> ? T : never,
) {
  return mapOf(json, (part, name) => {
    if (part.kind !== "scalar") return read(part);
    const version = integerOf(part, MAX_FIELD_NUMBER);
    const known = before.get(version)?.[kind].get(name);
    if (known === undefined) throw wrong(`no version ${version} stands before it that has '${name}'`, part);
    return known as ReturnType<typeof read>;
  });
}

function readMessage(json: Json): Fields {
  if (json.kind !== "array") return { fields: readFields(json, ["optional"]) };
  const numbers = new Set<number>();
  const flags = ["optional", "rest"];
  const fields = itemsOf(json).map((item, i) => readField(item, String(i), flags, numbers));
  const rest = itemsOf(json).findIndex((item) =>
    entriesOf(item, ["number", "type"], [...flags, "default"]).has("rest"),
  );
  if (rest >= 0 && rest !== fields.length - 1) throw wrong("only the last element may be the rest", json);
  return { fields, tuple: { isOpen: rest >= 0 } };
}

function readFields(json: Json, flags: readonly string[]): readonly Field[] {
  const numbers = new Set<number>();
  return inOrder(mapOf(json, (field, name) => readField(field, name, flags, numbers)));
}

function readField(json: Json, name: string, flags: readonly string[], numbers: Set<number>): Field {
  const entries = entriesOf(json, ["number", "type"], [...flags, "default"]);
  const number = integerOf(entries.get("number")!, MAX_FIELD_NUMBER);
  if (isReservedNumber(number)) throw wrong("no field may have that number", entries.get("number")!);
  for (const flag of flags) {
    const set = entries.get(flag);
    if (set && !(set.kind === "scalar" && set.value === true)) throw wrong("it must be true", set);
  }
  const type = readType(entries.get("type")!);
  const standIn = entries.get("default");
  return {
    name,
    number: once(number, numbers, json),
    type,
    optional: entries.has("optional"),
    ...(standIn && { standIn: readStandIn(standIn) }),
  };
}

function readStandIn(json: Json): DefaultValue {
  if (json.kind === "scalar") return json.value;
  if (json.kind === "array" && json.items.length === 0) return [];
  throw wrong("it must be a literal or []", json);
}

function readMembers(json: Json): readonly ShapeMember[] {
  const numbers = new Set<number>();
  return inOrder(
    mapOf(json, (member, name) => {
      if (member.kind !== "object") return { name, value: name, number: once(memberNumber(member), numbers, member) };
      const entries = entriesOf(member, ["number", "value"]);
      const value = entries.get("value")!;
      if (value.kind !== "scalar" || value.value === null) throw wrong("there must be a literal", value);
      return { name, value: value.value, number: once(memberNumber(entries.get("number")!), numbers, member) };
    }),
  );
}

/** As they are written, in whatever order somebody put them. */
function inOrder<T extends { readonly number: number }>(parts: ReadonlyMap<string, T>): readonly T[] {
  return byNumber([...parts.values()]);
}

function memberNumber(json: Json): number {
  return integerOf(json, 2 ** 31 - 1);
}

function once(number: number, numbers: Set<number>, at: Json): number {
  if (numbers.has(number)) throw wrong(`number ${number} is there twice`, at);
  numbers.add(number);
  return number;
}

/** What a type refers to must be there. */
function checkNames(type: Type, parts: Parts, at: Json): void {
  if (type.kind === "array") checkNames(type.items, parts, at);
  else if (type.kind === "record") checkNames(type.values, parts, at);
  else if (type.kind === "nullable") checkNames(type.of, parts, at);
  else if (type.kind === "message" || type.kind === "enum" || type.kind === "union") {
    if (!parts[`${type.kind}s`].has(type.name)) throw wrong(`the ${type.kind} '${type.name}' is missing`, at);
  }
}

function shapeOf({ event, messages, enums, unions }: Parts): Shape {
  return {
    name: event,
    messages: Array.from(messages, ([name, message]) => ({ name, ...message })),
    enums: Array.from(enums, ([name, members]): ShapeEnum => ({ name, members })),
    unions: Array.from(unions, ([name, variants]) => ({ name, variants })),
  };
}
