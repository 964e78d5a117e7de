import type { Event, Type } from "../model/model.ts";
import type { LockedType, LockedUseCase } from "./lock-file.ts";
import { namedPart, type SameName } from "./lock-types.ts";

/** Which messages and enums of the lock an event's are the same as. Names may have changed: the wire has none. */
export interface Ancestors {
  readonly isSame: SameName;
  readonly message: (name: string) => LockedType | undefined;
  readonly enum: (name: string) => LockedType | undefined;
  /** The name by which the event now knows a message or enum of the lock; the same if it knows it by none. */
  readonly nameNow: (kind: "message" | "enum", locked: string) => string;
}

/**
 * Follows the event and its lock side by side, from the root: what stands in one place is one thing, under a new name
 * where the lock doesn't know that one.
 */
export function ancestorsOf(event: Event, locked: LockedUseCase): Ancestors {
  const ancestors = { message: new Map<string, string>(), enum: new Map<string, string>() };
  const known = { message: locked.messages, enum: locked.enums };
  const messages = new Map(event.messages.map((message) => [message.name, message]));

  const open: string[] = [];
  const pair = (kind: "message" | "enum", current: string, ancestor: string): void => {
    if (ancestors[kind].has(current) || !known[kind].has(ancestor)) return;
    if (current !== ancestor && known[kind].has(current)) return;
    ancestors[kind].set(current, ancestor);
    if (kind === "message") open.push(current);
  };
  const follow = (): void => {
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const { parts = [], removed = [] } = locked.messages.get(ancestors.message.get(name)!) ?? {};
      const byName = new Map([...removed, ...parts].map((part) => [part.name, part]));
      for (const field of messages.get(name)?.fields ?? []) {
        const before = namedPart(byName.get(field.name)?.type ?? "");
        const now = namedType(field.type);
        if (before && now && before.kind === now.kind) pair(now.kind, now.name, before.name);
      }
    }
  };

  pair("message", event.name, locked.event);
  follow();
  for (const { name } of event.messages) {
    pair("message", name, name);
    follow();
  }
  for (const { name } of event.enums) pair("enum", name, name);

  const current = { message: new Set(messages.keys()), enum: new Set(event.enums.map(({ name }) => name)) };
  const heirs = { message: inverse(ancestors.message), enum: inverse(ancestors.enum) };
  return {
    isSame: (kind, ancestor, name) => ancestors[kind].get(name) === ancestor,
    message: (name) => locked.messages.get(ancestors.message.get(name) ?? ""),
    enum: (name) => locked.enums.get(ancestors.enum.get(name) ?? ""),
    nameNow: (kind, name) => (current[kind].has(name) ? name : (heirs[kind].get(name) ?? name)),
  };
}

function namedType(type: Type): { readonly kind: "message" | "enum"; readonly name: string } | undefined {
  if (type.kind === "array") return namedType(type.items);
  if (type.kind === "record") return namedType(type.values);
  if (type.kind === "nullable") return namedType(type.of);
  return type.kind === "message" || type.kind === "enum" ? type : undefined;
}

/** From values to the first of their keys. */
function inverse(map: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(Array.from(map, ([key, value]) => [value, key] as const).reverse());
}
