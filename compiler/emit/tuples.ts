import type { Field, Message } from "../model/model.ts";
import { isRest } from "../model/tuples.ts";
import { variable } from "./names.ts";
import { isMissable } from "./presence.ts";

/*
 * Tuples are messages on the wire and arrays in TypeScript.
 */

/** What an element is called, in contracts and as a variable. */
export function elementName(message: Message, field: Field): string {
  return field.label ?? (isRest(message, field) ? "rest" : `item${Number(field.name) + 1}`);
}

/** `const [first, , ...rest]`: the elements by variables, those aside that nothing is to be done with. */
export function destructured(
  message: Message,
  isUsed: (field: Field) => boolean,
  taken: Set<string>,
): { readonly pattern: string; readonly locals: ReadonlyMap<Field, string> } {
  const locals = new Map(message.fields.map((field) => [field, variable(elementName(message, field), taken)]));
  const elements = message.fields.map((field) => {
    if (!isUsed(field)) return "";
    return `${isRest(message, field) ? "..." : ""}${locals.get(field)}`;
  });
  while (elements.at(-1) === "") elements.pop();
  return { pattern: elements.length > 0 ? `const [${elements.join(", ")}]` : "", locals };
}

/** Whether writing an element takes more than its place: null alone has no other form. */
export function isWritten(field: Field): boolean {
  return field.type.kind !== "null" || isMissable(field);
}
