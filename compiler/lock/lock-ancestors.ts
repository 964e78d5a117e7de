import type { Event, Message, Type, Union, Variant } from "../model/model.ts";
import { type Kind, namedPart, type SameName } from "../model/wire-type-names.ts";
import type { LockedType, LockedUseCase } from "./lock-file.ts";
import { partOf } from "./lock-numbers.ts";

/** Which of the lock's messages, enums and unions an event's are the same as. Names may have changed: the wire has none. */
export interface Ancestors {
  readonly isSame: SameName;
  readonly message: (name: string) => LockedType | undefined;
  readonly enum: (name: string) => LockedType | undefined;
  readonly union: (name: string) => LockedType | undefined;
  /** The name by which the event now knows one of the lock's; the same if it knows it by none. */
  readonly nameNow: (kind: Kind, locked: string) => string;
}

/**
 * Follows the event and its lock side by side, from the root: what stands in one place is one thing, under a new name
 * where the lock doesn't know that one.
 */
export function ancestorsOf(event: Event, locked: LockedUseCase): Ancestors {
  const ancestors = {
    message: new Map<string, string>(),
    enum: new Map<string, string>(),
    union: new Map<string, string>(),
  };
  const known = { message: locked.messages, enum: locked.enums, union: locked.unions };
  const current = {
    message: new Map(event.messages.map(({ name, fields }) => [name, fields] as const)),
    enum: new Map(event.enums.map(({ name }) => [name, []] as const)),
    union: new Map(event.unions.map((union) => [union.name, variantsOf(union, event)] as const)),
  };

  const open: (readonly [Kind, string])[] = [];
  const pair = (kind: Kind, name: string, ancestor: string): void => {
    if (ancestors[kind].has(name) || !known[kind].has(ancestor)) return;
    if (name !== ancestor && known[kind].has(name)) return;
    ancestors[kind].set(name, ancestor);
    open.push([kind, name]);
  };
  const follow = (): void => {
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [kind, name] = next;
      const { parts = [], removed = [] } = known[kind].get(ancestors[kind].get(name)!) ?? {};
      const byName = new Map([...removed, ...parts].map((part) => [part.name, part]));
      for (const part of current[kind].get(name) ?? []) {
        const before = namedPart(partOf(part, byName)?.type ?? "");
        const now = namedType(part.type);
        if (before && now && before.kind === now.kind) pair(now.kind, now.name, before.name);
      }
    }
  };

  pair(current.union.has(event.name) ? "union" : "message", event.name, locked.event);
  follow();
  for (const { name, was = [] } of event.messages) {
    for (const former of was) if (!current.message.has(former)) pair("message", name, former);
    follow();
  }
  for (const kind of ["message", "union", "enum"] as const) {
    for (const name of current[kind].keys()) {
      pair(kind, name, name);
      follow();
    }
  }

  const heirs = { message: inverse(ancestors.message), enum: inverse(ancestors.enum), union: inverse(ancestors.union) };
  return {
    isSame: (kind, ancestor, name) => ancestors[kind].get(name) === ancestor,
    message: (name) => locked.messages.get(ancestors.message.get(name) ?? ""),
    enum: (name) => locked.enums.get(ancestors.enum.get(name) ?? ""),
    union: (name) => locked.unions.get(ancestors.union.get(name) ?? ""),
    nameNow: (kind, name) => (current[kind].has(name) ? name : (heirs[kind].get(name) ?? name)),
  };
}

/** A union's variants, which go by the names of their messages. */
export function variantsOf({ variants }: Union, { messages }: Event): (Variant & Pick<Message, "was">)[] {
  return variants.map((variant) => {
    const { type } = variant;
    const was = type.kind === "message" && messages.find(({ name }) => name === type.name)?.was;
    return was ? { ...variant, was } : variant;
  });
}

function namedType(type: Type): { readonly kind: Kind; readonly name: string } | undefined {
  if (type.kind === "array") return namedType(type.items);
  if (type.kind === "record") return namedType(type.values);
  if (type.kind === "nullable") return namedType(type.of);
  return type.kind === "message" || type.kind === "enum" || type.kind === "union" ? type : undefined;
}

/** From values to the first of their keys. */
function inverse(map: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(Array.from(map, ([key, value]) => [value, key] as const).reverse());
}
