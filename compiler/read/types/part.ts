import type { ts } from "ts-morph";
import type { Related } from "../../diagnostics.ts";
import type { Type } from "../../model/model.ts";
import { readBranded } from "./brands.ts";
import { readBuiltin, refuseBuiltin, refuseClass, refuseFunction } from "./builtins.ts";
import { readArray, readRecord } from "./collections.ts";
import { readConstrained } from "./constraints.ts";
import { MAX_DEPTH } from "./depth.ts";
import { readEnum } from "./enums.ts";
import { readJson } from "./json.ts";
import { readNullable } from "./nullable.ts";
import { readObject } from "./objects.ts";
import type { Place, Scope, TypeReader } from "./reader.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { readScalar, refuseWithoutWireForm } from "./scalars.ts";
import { readText } from "./text.ts";
import { readTuple } from "./tuples.ts";
import { typeText } from "./type-text.ts";
import { readUnion } from "./unions.ts";

/** The first that knows a type reads it. A new kind of type is one more reader here. */
const READERS: readonly TypeReader[] = [
  readScalar,
  readJson,
  readEnum,
  readNullable,
  readText,
  refuseWithoutWireForm,
  readUnion,
  readConstrained,
  readBranded,
  readBuiltin,
  readArray,
  readTuple,
  refuseBuiltin,
  refuseClass,
  refuseFunction,
  readRecord,
  readObject,
];

/** What the table says of a type. */
export function readType(type: ts.Type, place: Place, scope: Scope): Type | Refusal | "reported" {
  for (const read of READERS) {
    const result = read(type, place, scope);
    if (result) return result;
  }
  return refuse("which has no wire form", "Write it with plain types: strings, numbers, lists and interfaces.");
}

/** Reads a field's type or a part of it. `undefined`: it has no wire form, which has been reported. */
export function readPart(type: ts.Type, place: Place, scope: Scope): Type | undefined {
  if (isUnresolved(type)) {
    const parameters = { subject: place.subject, found: typeText(type, place, scope) };
    scope.report("unresolved-type", scope.span(place.node), parameters, declaredOutside(place, scope));
    return undefined;
  }
  if (place.depth > MAX_DEPTH) {
    scope.report("nesting-too-deep", scope.span(place.node), { subject: place.subject, limit: MAX_DEPTH });
    return undefined;
  }
  const result = readType(type, place, scope);
  if (result === "reported") return undefined;
  if (result.kind !== "refusal") return result;
  reportRefusal(result, type, place, scope);
  return undefined;
}

export function reportRefusal({ reason, mend }: Refusal, type: ts.Type, place: Place, scope: Scope): void {
  const found = typeText(type, place, scope);
  const parameters = { subject: place.subject, found, reason, mend };
  scope.report("unsupported-type", scope.span(place.node), parameters, declaredOutside(place, scope));
}

/** Where a field of a package's type stands, which is no place that people of this project can mend. */
function declaredOutside({ outside }: Place, { span }: Scope): Related[] {
  return outside ? [{ message: "The field is declared here.", span: span(outside) }] : [];
}

/** Whether the checker could make nothing of a type's name: then it has said why, in words of its own. */
export function isUnresolved(type: ts.Type): boolean {
  return "intrinsicName" in type && type.intrinsicName === "error";
}
