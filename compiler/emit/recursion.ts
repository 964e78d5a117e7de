import type { Event, Type } from "../model/model.ts";
import { elementOf, isWrapped, partsOf } from "./wrappers.ts";

export interface Recursion {
  /** Names of the messages and unions whose values can hold values of their own type, directly or through others. */
  readonly recursive: ReadonlySet<string>;
  /** Names of the messages and unions whose values can hold such. */
  readonly leading: ReadonlySet<string>;
}

export function recursionOf({ messages, unions }: Event): Recursion {
  const parts = new Map(
    [...messages, ...unions].map((owner) => [owner.name, partsOf(owner).flatMap(({ type }) => ownersIn(type))]),
  );
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
  const names = [...parts.keys()];
  const reached = new Map(names.map((name) => [name, reaches(name)]));
  const recursive = new Set(names.filter((name) => reached.get(name)!.has(name)));
  const leading = names.filter(
    (name) => recursive.has(name) || [...reached.get(name)!].some((part) => recursive.has(part)),
  );
  return { recursive, leading: new Set(leading) };
}

/** The message or union that a type mentions. */
export function ownersIn(type: Type): string[] {
  if (isWrapped(type)) return ownersIn(elementOf(type));
  return type.kind === "message" || type.kind === "union" ? [type.name] : [];
}
