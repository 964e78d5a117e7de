import type { ArrayType, Event, Message, NullableType, RecordType, Type } from "../model/model.ts";
import { upperCamel } from "../model/naming.ts";
import { unique } from "./names.ts";
import { presentType } from "./presence.ts";

/*
 * Protobuf has no list of lists, no map of lists, no list of maps, and no null among their elements. What is inside a
 * list or map becomes a message of its own with one field: `repeated T items = 1`, `map<string, T> entries = 1`, or
 * `optional T value = 1`.
 */

/** What has a message of its own only because of where it stands. */
export type Wrapped = ArrayType | RecordType | NullableType;

export interface Wrapper {
  /** Where it is: the field's number, then `/items`, `/values` or `/value` a level. */
  readonly path: string;
  /** The message's name, nested in the message whose field it belongs to. */
  readonly name: string;
  readonly type: Wrapped;
}

/** The wrappers of a message by path, outer ones first. */
export function wrappersOf(message: Message, event: Event): ReadonlyMap<string, Wrapper> {
  const taken = new Set([...event.messages, ...event.enums].map(({ name }) => name));
  const wrappers = new Map<string, Wrapper>();
  const visit = (type: Type, path: string, name: string): void => {
    if (!isWrapped(type)) return;
    const inner = elementOf(type);
    const innerPath = elementPath(path, type);
    const innerName = `${name}${type.kind === "array" ? "Item" : "Value"}`;
    if (!isWrapped(inner)) return;
    wrappers.set(innerPath, { path: innerPath, name: unique(innerName, taken), type: inner });
    visit(inner, innerPath, innerName);
  };
  for (const { name, number, type } of message.fields) visit(presentType(type), String(number), upperCamel(name));
  return wrappers;
}

export function isWrapped(type: Type): type is Wrapped {
  return type.kind === "array" || type.kind === "record" || type.kind === "nullable";
}

export function elementOf(type: Wrapped): Type {
  return type.kind === "array" ? type.items : type.kind === "record" ? type.values : type.of;
}

const STEPS = { array: "items", record: "values", nullable: "value" } as const;

export function elementPath(path: string, type: Wrapped): string {
  return `${path}/${STEPS[type.kind]}`;
}
