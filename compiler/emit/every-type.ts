import type { Event, Type } from "../model/model.ts";

/** All types that an event's fields mention, inner ones behind outer ones. */
export function everyType(event: Event): Type[] {
  return event.messages.flatMap(({ fields }) => fields.flatMap(({ type }) => withInner(type)));
}

function withInner(type: Type): Type[] {
  if (type.kind === "array") return [type, ...withInner(type.items)];
  if (type.kind === "record") return [type, ...withInner(type.values)];
  if (type.kind === "nullable") return [type, ...withInner(type.of)];
  return [type];
}
