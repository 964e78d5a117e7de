import { ts } from "ts-morph";
import { builtinName } from "./builtins.ts";
import type { Scope, TypeReader } from "./reader.ts";

/**
 * `string & { readonly brand: "UserId" }`: the primitive alone. A brand has no value: it keeps people from confusing two
 * strings, and what arrives is what was sent.
 */
export const readBranded: TypeReader = (type, place, scope) => {
  const carrier = type.isIntersection() && carrierOf(type.types, scope);
  if (!carrier) return undefined;
  return scope.part(carrier, place) ?? "reported";
};

const PRIMITIVE =
  ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BigIntLike | ts.TypeFlags.BooleanLike;

/** The part of an intersection that has values; `undefined` where all are objects with fields. */
export function carrierOf(parts: readonly ts.Type[], scope: Scope): ts.Type | undefined {
  return parts.find((part) => {
    if (part.flags & PRIMITIVE || scope.checker.isArrayType(part)) return true;
    const name = builtinName(part, scope);
    return name === "Date" || name === "Uint8Array";
  });
}

/** Whether a type is an intersection of which one part is of that kind. */
export function isBranded(type: ts.Type, isKind: (part: ts.Type) => boolean): boolean {
  return type.isIntersection() && type.types.some(isKind);
}
