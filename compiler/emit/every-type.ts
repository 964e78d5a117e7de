import type { Event, Type } from "../model/model.ts";
import { remembered } from "../model/remembered.ts";
import { elementOf, isWrapped, partsOf } from "./wrappers.ts";

/** All types that an event's fields and variants mention, inner ones behind outer ones. */
export const everyType = remembered(({ messages, unions }: Event): readonly Type[] => {
  const types: Type[] = [];
  for (const owner of [...messages, ...unions]) for (const { type } of partsOf(owner)) addWithInner(types, type);
  return types;
});

/** The kinds of all of these. */
export const everyKind = remembered((event: Event): ReadonlySet<Type["kind"]> => {
  const kinds = new Set<Type["kind"]>();
  for (const { kind } of everyType(event)) kinds.add(kind);
  return kinds;
});

function addWithInner(types: Type[], type: Type): void {
  types.push(type);
  if (isWrapped(type)) addWithInner(types, elementOf(type));
}
