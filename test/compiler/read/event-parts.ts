import type { Event, Type } from "../../../compiler/model/model.ts";

/** Types of a message's fields by name, with a question mark for optional ones. */
export function fieldsOf(event: Event, message: string): Record<string, Type> {
  const fields = event.messages.find(({ name }) => name === message)?.fields ?? [];
  return Object.fromEntries(fields.map(({ name, optional, type }) => [optional ? `${name}?` : name, type]));
}

/** Members of an event's enums by name. */
export function enumsOf(event: Event): Record<string, (string | number | boolean)[]> {
  return Object.fromEntries(event.enums.map(({ name, members }) => [name, members.map(({ value }) => value)]));
}
