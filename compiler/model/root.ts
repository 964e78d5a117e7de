import type { Event, Field, Message, MessageRef, UnionRef } from "./model.ts";

/** The event's own type. */
export function rootOf({ name, messages }: Event): MessageRef | UnionRef {
  return { kind: messages.some((message) => message.name === name) ? "message" : "union", name };
}

/** The messages that an event can be: several where the root is a union. */
export function rootMessages({ name, messages, unions }: Event): Message[] {
  const union = unions.find((candidate) => candidate.name === name);
  const names = union ? union.variants.map((variant) => variant.name) : [name];
  return messages.filter((message) => names.includes(message.name));
}

/** The fields that an event has, whichever of the root's variants it is: one for each variant. */
export function rootFields(event: Event, name: string): (Field | undefined)[] {
  return rootMessages(event).map(({ fields }) => fields.find((field) => field.name === name));
}
