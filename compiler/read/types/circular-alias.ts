import { ts } from "ts-morph";
import { resolveAlias } from "../reading.ts";
import type { Scope } from "./reader.ts";

/** The alias that a type's name stands for where it is declared as itself, as in `type C = C | string`. */
export function circularAlias(written: ts.TypeNode | undefined, scope: Scope): ts.TypeAliasDeclaration | undefined {
  return ringIn(written, scope, []);
}

function ringIn(
  node: ts.Node | undefined,
  scope: Scope,
  open: readonly ts.TypeAliasDeclaration[],
): ts.TypeAliasDeclaration | undefined {
  if (!node || isDeferred(node)) return undefined;
  if (ts.isTypeReferenceNode(node)) {
    const symbol = scope.checker.getSymbolAtLocation(node.typeName);
    const alias = symbol && resolveAlias(scope.checker, symbol).declarations?.find(ts.isTypeAliasDeclaration);
    if (!alias) return undefined;
    return open.includes(alias) ? alias : ringIn(alias.type, scope, [...open, alias]);
  }
  return ts.forEachChild(node, (child) => ringIn(child, scope, open));
}

/** What is in an object or a list is asked for later, and may be the alias itself. */
function isDeferred(node: ts.Node): boolean {
  return (
    ts.isTypeLiteralNode(node) ||
    ts.isArrayTypeNode(node) ||
    ts.isTupleTypeNode(node) ||
    ts.isMappedTypeNode(node) ||
    ts.isFunctionLike(node)
  );
}
