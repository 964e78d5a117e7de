import type { Type } from "../model/model.ts";
import type { Shape, ShapeEnum, ShapeMessage, ShapeUnion } from "../model/shape.ts";

/** A part of one shape, and what reads its records in another. */
export type Pair<T> = readonly [was: T, is: T];

export interface Pairs {
  readonly messages: readonly Pair<ShapeMessage>[];
  readonly enums: readonly Pair<ShapeEnum>[];
  readonly unions: readonly Pair<ShapeUnion>[];
}

/**
 * What meets what, from the roots on: parts are one where their numbers are one, for the wire knows no names. One part
 * may meet several, where types were joined or split.
 */
export function pairsOf(old: Shape, now: Shape): Pairs {
  const named = { old: byName(old), now: byName(now) };
  const found = { message: new Map(), enum: new Map(), union: new Map() } as {
    readonly message: Map<string, Pair<ShapeMessage>>;
    readonly enum: Map<string, Pair<ShapeEnum>>;
    readonly union: Map<string, Pair<ShapeUnion>>;
  };
  const open: Pair<Type>[] = [[rootType(old), rootType(now)]];
  const meet = (was: readonly Part[], is: readonly Part[]): void => {
    const numbers = new Map(was.map((part) => [part.number, part]));
    for (const { number, type } of is) {
      const before = numbers.get(number);
      if (before) open.push([innermost(before.type), innermost(type)]);
    }
  };
  // A list rather than calls within calls, which a chain of many messages would exhaust.
  for (const [was, is] of open) {
    if (was.kind === "message" && is.kind === "message") {
      add(found.message, was.name, is.name, named.old.messages, named.now.messages, (a, b) => meet(a.fields, b.fields));
    } else if (was.kind === "union" && is.kind === "union") {
      add(found.union, was.name, is.name, named.old.unions, named.now.unions, (a, b) => meet(a.variants, b.variants));
    } else if (was.kind === "enum" && is.kind === "enum") {
      add(found.enum, was.name, is.name, named.old.enums, named.now.enums, () => {});
    }
  }
  return {
    messages: [...found.message.values()],
    enums: [...found.enum.values()],
    unions: [...found.union.values()],
  };
}

interface Part {
  readonly number: number;
  readonly type: Type;
}

/** Adds a pair and follows it, unless it is known: types may lead back to themselves. */
function add<T>(
  found: Map<string, Pair<T>>,
  was: string,
  is: string,
  old: ReadonlyMap<string, T>,
  now: ReadonlyMap<string, T>,
  follow: (was: T, is: T) => void,
): void {
  const key = `${was} ${is}`;
  const [before, after] = [old.get(was), now.get(is)];
  if (found.has(key) || !before || !after) return;
  found.set(key, [before, after]);
  follow(before, after);
}

/** What lists, maps and nulls are of. */
function innermost(type: Type): Type {
  if (type.kind === "array") return innermost(type.items);
  if (type.kind === "record") return innermost(type.values);
  return type.kind === "nullable" ? innermost(type.of) : type;
}

export function rootType({ name, messages }: Shape): Type {
  return { kind: messages.some((message) => message.name === name) ? "message" : "union", name };
}

function byName({ messages, enums, unions }: Shape) {
  return { messages: index(messages), enums: index(enums), unions: index(unions) };
}

function index<T extends { readonly name: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [item.name, item]));
}
