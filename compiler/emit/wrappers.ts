import type { ArrayType, Event, Message, RecordType, Type } from "../model/model.ts";
import { upperCamel } from "../model/naming.ts";
import { unique } from "./names.ts";

/*
 * Protobuf has no list of lists, no map of lists, no list of maps. An inner list or map becomes a message of its own
 * with one field: `repeated T items = 1` or `map<string, T> entries = 1`.
 */

/** A list or map inside another. */
export interface Wrapper {
  /** Where it is: the field's number, then `/items` or `/values` a level. */
  readonly path: string;
  /** The message's name, nested in the message whose field it belongs to. */
  readonly name: string;
  readonly type: ArrayType | RecordType;
}

/** The wrappers of a message by path, outer ones first. */
export function wrappersOf(message: Message, event: Event): ReadonlyMap<string, Wrapper> {
  const taken = new Set([...event.messages, ...event.enums].map(({ name }) => name));
  const wrappers = new Map<string, Wrapper>();
  const visit = (type: Type, path: string, name: string): void => {
    if (type.kind !== "array" && type.kind !== "record") return;
    const [inner, innerName] = type.kind === "array" ? [type.items, `${name}Item`] : [type.values, `${name}Value`];
    const innerPath = elementPath(path, type);
    if (inner.kind !== "array" && inner.kind !== "record") return;
    wrappers.set(innerPath, { path: innerPath, name: unique(innerName, taken), type: inner });
    visit(inner, innerPath, innerName);
  };
  for (const field of message.fields) visit(field.type, String(field.number), upperCamel(field.name));
  return wrappers;
}

export function elementPath(path: string, type: ArrayType | RecordType): string {
  return type.kind === "array" ? `${path}/items` : `${path}/values`;
}
