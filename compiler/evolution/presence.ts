import type { Type } from "../model/model.ts";
import type { ShapeField } from "../model/shape.ts";
import type { Reads } from "./misreading.ts";

/*
 * What has no form of its own on the wire, and what a reader takes it for. As the codec has it: a required field leaves
 * out its zero; one that may be absent or null is written whenever it is neither, an empty list and a null that could be
 * absent as marks beside it.
 */

/** A state of a field that the wire may have nothing of. */
export type State = "absent" | "null" | "zero";

/** What the wire has of a field in such a state. */
type OnWire = "nothing" | "value" | "null mark" | "empty mark";

type Presence = Pick<ShapeField, "type" | "optional">;

/** A field's type where it is neither absent nor null. */
export function presentType(type: Type): Type {
  return type.kind === "nullable" ? type.of : type;
}

export function statesOf({ type, optional }: Presence): State[] {
  return [
    ...(optional ? (["absent"] as const) : []),
    ...(canBeNull(type) ? (["null"] as const) : []),
    ...(canBeZero(presentType(type)) ? (["zero"] as const) : []),
  ];
}

/** JSON's null is a null like others: it is what JSON has to say that there is nothing. */
export function canBeNull({ kind }: Type): boolean {
  return kind === "nullable" || kind === "null" || kind === "json";
}

/** Whether a value of the type may be of those that required fields leave out. */
export function canBeZero(type: Type): boolean {
  switch (type.kind) {
    case "text":
      return !type.minLength && type.format === undefined && new RegExp(type.pattern ?? "", "u").test("");
    case "int":
      return type.min <= 0 && type.max >= 0;
    case "float":
      return (type.min ?? 0) <= 0 && (type.max ?? 0) >= 0;
    case "bytes":
      return !type.minLength;
    case "array":
      return !type.minItems;
    case "boolean":
      return type.only !== true;
    case "bigint":
    case "record":
      return true;
    case "timestamp":
    case "enum":
    case "message":
    case "union":
    case "json":
    case "null":
    case "nullable":
      return false;
  }
}

function isSeveral({ kind }: Type): boolean {
  return kind === "array" || kind === "record";
}

function onWire(state: State, { type, optional }: Presence): OnWire {
  const isMissable = optional || type.kind === "nullable";
  switch (state) {
    case "absent":
      return "nothing";
    case "null":
      if (!optional) return "nothing";
      return type.kind === "nullable" ? "null mark" : "value";
    case "zero":
      if (!isMissable) return "nothing";
      return isSeveral(presentType(type)) ? "empty mark" : "value";
  }
}

/** Whether a record holds something of the field that is to be read by its type. */
export function isWritten({ type, optional }: Presence): boolean {
  return type.kind !== "null" || optional;
}

/** What a reader makes of a state that a writer's field was in, in a record of that version. */
export function readsAs(state: State, writer: Presence, version: number, reader: ShapeField): Reads {
  switch (onWire(state, writer)) {
    case "value":
      return state;
    case "null mark":
      return reader.optional && reader.type.kind === "nullable" ? "null" : lackingAt(version, reader);
    case "empty mark":
      return "zero";
    case "nothing":
      return lackingAt(version, reader);
  }
}

/** What a field is where a record of that version has nothing of it. */
export function lackingAt(version: number, field: ShapeField): Reads {
  const earlier = field.earlier?.find(({ before }) => version < before);
  return earlier ? earlier.is.kind : lacking(field);
}

/** The same in records of the field's own version. */
export function lacking({ type, optional }: Presence): Reads {
  if (optional) return "absent";
  if (canBeNull(type)) return "null";
  return hasZero(type) ? "zero" : "fault";
}

/** Whether decoding makes a zero of nothing, allowed or not. */
function hasZero(type: Type): boolean {
  switch (type.kind) {
    case "text":
    case "int":
    case "float":
    case "bigint":
    case "bytes":
    case "array":
    case "record":
      return true;
    case "boolean":
      return type.only !== true;
    case "timestamp":
    case "enum":
    case "message":
    case "union":
    case "json":
    case "null":
    case "nullable":
      return false;
  }
}

/** Whether what was meant is what is read: a default stands for whatever has no value. */
export function isMeant(state: State, reads: Reads): boolean {
  return state === reads || (reads === "default" && state !== "zero");
}
