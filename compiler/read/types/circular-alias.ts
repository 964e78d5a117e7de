import { ts } from "ts-morph";
import { type Reading, resolveAlias } from "../reading.ts";

/** The alias that a type's name stands for where it is declared as itself, as in `type C = C | string`. */
export function circularAlias(written: ts.TypeNode | undefined, reading: Reading): ts.TypeAliasDeclaration | undefined {
  return ringIn(written, reading, []);
}

function ringIn(
  node: ts.Node | undefined,
  reading: Reading,
  open: readonly ts.TypeAliasDeclaration[],
): ts.TypeAliasDeclaration | undefined {
  if (!node || isDeferred(node)) return undefined;
  if (ts.isTypeReferenceNode(node)) {
    const symbol = reading.checker.getSymbolAtLocation(node.typeName);
    const alias = symbol && resolveAlias(reading.checker, symbol).declarations?.find(ts.isTypeAliasDeclaration);
    if (!alias) return undefined;
    return open.includes(alias) ? alias : ringIn(alias.type, reading, [...open, alias]);
  }
  return ts.forEachChild(node, (child) => ringIn(child, reading, open));
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
