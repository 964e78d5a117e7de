import { ts } from "ts-morph";

/** The value of a type that has one only: a string, a finite number or a boolean; also of an enum's member, and with a brand. */
export function literalValue(type: ts.Type): string | number | boolean | undefined {
  if (type.isStringLiteral()) return type.value;
  if (type.isNumberLiteral()) return Number.isFinite(type.value) ? type.value : undefined;
  if (type.isIntersection()) return type.types.map(literalValue).find((value) => value !== undefined);
  if (type.flags & ts.TypeFlags.BooleanLiteral && "intrinsicName" in type) return type.intrinsicName === "true";
  return undefined;
}
