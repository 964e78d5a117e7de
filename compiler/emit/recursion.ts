import type { Event, Type } from "../model/model.ts";

export interface Recursion {
  /** Names of the messages whose values can hold values of their own type, directly or through others. */
  readonly recursive: ReadonlySet<string>;
  /** Names of the messages whose values can hold such. */
  readonly leading: ReadonlySet<string>;
}

export function recursionOf({ messages }: Event): Recursion {
  const parts = new Map(messages.map(({ name, fields }) => [name, fields.flatMap(({ type }) => messagesIn(type))]));
  const reaches = (from: string): Set<string> => {
    const seen = new Set<string>();
    const open = [...(parts.get(from) ?? [])];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      open.push(...(parts.get(name) ?? []));
    }
    return seen;
  };
  const reached = new Map(messages.map(({ name }) => [name, reaches(name)]));
  const names = [...reached.keys()];
  const recursive = new Set(names.filter((name) => reached.get(name)!.has(name)));
  const leading = names.filter(
    (name) => recursive.has(name) || [...reached.get(name)!].some((part) => recursive.has(part)),
  );
  return { recursive, leading: new Set(leading) };
}

export function messagesIn(type: Type): string[] {
  if (type.kind === "array") return messagesIn(type.items);
  if (type.kind === "record") return messagesIn(type.values);
  if (type.kind === "nullable") return messagesIn(type.of);
  return type.kind === "message" ? [type.name] : [];
}
