import { type Kind, namedPart } from "../model/wire-type-names.ts";
import type { LockedType, LockedUseCase } from "./lock-file.ts";

/** A type as two locks of one use case have it. */
export interface TypePair {
  readonly kind: Kind;
  readonly theirs: LockedType;
  readonly ours: LockedType;
  readonly theirName: string;
  readonly name: string;
}

/** Types that are one: by where they stand below the event, since a branch may have renamed them, else by name. */
export function pairTypes(there: LockedUseCase, here: LockedUseCase): TypePair[] {
  const found = new Map<string, TypePair>();
  const open: (readonly [kind: Kind, theirName: string, name: string])[] = [
    ["message", there.event, here.event],
    ["union", there.event, here.event],
  ];
  const meet = (kind: Kind, theirName: string, name: string) => {
    const [theirs, ours] = [typesOf(there, kind).get(theirName), typesOf(here, kind).get(name)];
    if (!theirs || !ours || found.has(`${kind} ${name}`)) return;
    found.set(`${kind} ${name}`, { kind, theirs, ours, theirName, name });
    const numbers = new Map(theirs.parts.map((part) => [part.number, part]));
    for (const { number, type } of ours.parts) {
      const [one, other] = [namedPart(type), namedPart(numbers.get(number)?.type ?? "")];
      if (one && other && one.kind === other.kind) open.push([one.kind, other.name, one.name]);
    }
  };
  for (const [kind, theirName, name] of open) meet(kind, theirName, name);
  for (const kind of ["message", "enum", "union"] as const) {
    for (const name of typesOf(here, kind).keys()) meet(kind, name, name);
  }
  return [...found.values()];
}

function typesOf({ messages, enums, unions }: LockedUseCase, kind: Kind): ReadonlyMap<string, LockedType> {
  return { message: messages, enum: enums, union: unions }[kind];
}
