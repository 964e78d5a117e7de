import { ts } from "ts-morph";
import type { TypeReader } from "./reader.ts";
import { refuse } from "./refusal.ts";

/** Interfaces, type literals, mapped types, and intersections of these: messages. */
export const readObject: TypeReader = (type, place, scope) => {
  const parts = type.isIntersection() ? type.types : [type];
  if (!parts.every(({ flags }) => flags & ts.TypeFlags.Object)) return undefined;
  // `{}` is assignable from nearly everything, so what is sent would be dropped. A declared interface is meant.
  const empty = scope.checker.getPropertiesOfType(type).length === 0;
  if (empty && !(type.symbol && type.symbol.flags & ts.SymbolFlags.Interface)) {
    return refuse("which says nothing of its fields", "Declare an interface with the fields.");
  }
  return scope.message(type, place);
};

/** The fields' symbols in an order that depends on the sources alone. */
export function fieldsOf(type: ts.Type, checker: ts.TypeChecker): ts.Symbol[] {
  const properties = checker.getPropertiesOfType(type);
  // A mapped type's properties come in the order in which the checker first saw their names, in whatever file. Others
  // come as declared, inherited ones last.
  const mapped = "objectFlags" in type && (type as ts.ObjectType).objectFlags & ts.ObjectFlags.Mapped;
  return mapped ? [...properties].sort(byDeclaration) : properties;
}

export function byDeclaration(a: ts.Symbol, b: ts.Symbol): number {
  const [left, right] = [a.declarations?.[0], b.declarations?.[0]];
  if (!left || !right) return left ? -1 : right ? 1 : compare(a.name, b.name);
  return compare(left.getSourceFile().fileName, right.getSourceFile().fileName) || left.pos - right.pos;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
