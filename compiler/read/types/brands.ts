import { ts } from "ts-morph";
import { builtinName } from "./builtins.ts";
import type { Scope, TypeReader } from "./reader.ts";

/**
 * `string & { readonly brand: "UserId" }`: the primitive alone. A brand has no value: it keeps people from confusing two
 * strings, and what arrives is what was sent.
 */
export const readBranded: TypeReader = (type, place, scope) => {
  if (!type.isIntersection()) return undefined;
  const carrier = carrierOf(type.types, scope) ?? onlyWithoutBrand(type, scope);
  if (!carrier) return undefined;
  return scope.part(carrier, place) ?? "reported";
};

/** The only part of an intersection of objects that is no brand; of several, those that are brands have no fields. */
function onlyWithoutBrand(type: ts.IntersectionType, scope: Scope): ts.Type | undefined {
  const [only, ...others] = type.types.filter((part) => !isBrand(part, scope));
  return others.length === 0 && type.types.length > 1 ? only : undefined;
}

/** Whether all that a type declares is there to tell it from others, and no value has it. */
function isBrand(type: ts.Type, { checker }: Scope): boolean {
  const properties = checker.getPropertiesOfType(type);
  if (!(type.flags & ts.TypeFlags.Object) || properties.length === 0) return false;
  if (checker.getIndexInfosOfType(type).length + type.getCallSignatures().length > 0) return false;
  return properties.every((property) => isBrandField(property, checker, BRAND_BESIDE));
}

/**
 * Whether a field of an intersection, or of an interface, is a brand: it is named by a symbol, has a symbol for its value,
 * or is called like one. What is called by two underscores is one where it is all that something is intersected with;
 * `__typename` is GraphQL's, and sent.
 */
export function isBrandField(property: ts.Symbol, checker: ts.TypeChecker, names = BRAND): boolean {
  const name = ts.unescapeLeadingUnderscores(property.escapedName);
  if (property.escapedName.toString().startsWith("__@") || names.test(name)) return true;
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(property));
  return Boolean(type.flags & ts.TypeFlags.ESSymbolLike) && /brand|tag|type|opaque|nominal|unique/i.test(name);
}

const BRAND = /^_+(brand|nominal|opaque|flavou?r|phantom|witness)_*$/i;
const BRAND_BESIDE = /^_+(brand|nominal|opaque|flavou?r|phantom|witness)_*$|^__(?!typename$)/i;

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
