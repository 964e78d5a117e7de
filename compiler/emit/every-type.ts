import type { Event, Type } from "../model/model.ts";
import { elementOf, isWrapped, partsOf } from "./wrappers.ts";

/** All types that an event's fields and variants mention, inner ones behind outer ones. */
export function everyType({ messages, unions }: Event): Type[] {
  return [...messages, ...unions].flatMap((owner) => partsOf(owner).flatMap(({ type }) => withInner(type)));
}

function withInner(type: Type): Type[] {
  return isWrapped(type) ? [type, ...withInner(elementOf(type))] : [type];
}
