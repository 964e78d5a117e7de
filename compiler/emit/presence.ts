import type { Field, Message, Type } from "../model/model.ts";
import { EMPTY_FIELDS_NUMBER, NULL_FIELDS_NUMBER } from "../model/protobuf.ts";

/*
 * When the wire has something of a field. Fields that are always there leave out their zero, as proto3 has it. Those
 * that may be absent or null are written whenever they are neither, a zero too; two lists of numbers, written only where
 * they are needed, tell what protobuf has no form for.
 */

/** A field's type where it is neither absent nor null. */
export function presentType(type: Type): Type {
  return type.kind === "nullable" ? type.of : type;
}

/** Whether a field may have no value. */
export function isMissable({ type, optional }: Pick<Field, "type" | "optional">): boolean {
  return optional || type.kind === "nullable";
}

/** What holds of a field's value, in generated code, where it is neither absent nor null. */
export function presenceConditions({ type, optional }: Pick<Field, "type" | "optional">, value: string): string[] {
  const conditions: string[] = [];
  if (optional) conditions.push(`${value} !== undefined`);
  if (type.kind === "nullable") conditions.push(`${value} !== null`);
  return conditions;
}

export interface Marks {
  readonly number: typeof EMPTY_FIELDS_NUMBER | typeof NULL_FIELDS_NUMBER;
  readonly isMarked: (field: Pick<Field, "type" | "optional">) => boolean;
}

/** Lists and maps that are there but empty. */
export const EMPTY_FIELDS: Marks = {
  number: EMPTY_FIELDS_NUMBER,
  isMarked: (field) => isMissable(field) && isSeveral(presentType(field.type)),
};

/** Fields that are null and may be absent. */
export const NULL_FIELDS: Marks = {
  number: NULL_FIELDS_NUMBER,
  isMarked: ({ type, optional }) => optional && type.kind === "nullable",
};

/** The marks that a message has, in the order of their numbers. */
export function marksOf({ fields }: Message): Marks[] {
  return [NULL_FIELDS, EMPTY_FIELDS].filter(({ isMarked }) => fields.some(isMarked));
}

/** Whether protobuf has the type as a repeated field or a map, which can't be absent. */
export function isSeveral({ kind }: Type): boolean {
  return kind === "array" || kind === "record";
}
