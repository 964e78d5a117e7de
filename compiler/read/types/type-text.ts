import { ts } from "ts-morph";
import type { Reading } from "../reading.ts";
import { portableArgument } from "./portable.ts";
import type { Place } from "./reader.ts";

const MAX_TEXT = 100;

/**
 * A type as it is written, if that is short: the checker's own words name what became of it (`never`), and list the
 * parts of a union in an order that depends on other files.
 */
export function typeText(type: ts.Type, { written, outside }: Place, reading: Reading): string {
  const { checker } = reading;
  const node = asPortable(written, reading) ?? (outside && ts.isPropertySignature(outside) ? outside.type : undefined);
  const text = node?.getText().replace(/\s+/g, " ") ?? "";
  const isPlain = node && text.length <= MAX_TEXT && !namesParameter(node, checker);
  return isPlain && text !== "" ? text : checker.typeToString(type);
}

/** With the `Portable` of which it is the argument. */
function asPortable(node: ts.TypeNode | undefined, reading: Reading): ts.TypeNode | undefined {
  const around = node?.parent;
  if (!around || !ts.isTypeReferenceNode(around)) return node;
  return portableArgument(around, reading) === node ? around : node;
}

/** Whether a generic declaration's own parameter is in it, as in `R[]`: that says nothing to who uses the declaration. */
export function namesParameter(node: ts.Node, checker: ts.TypeChecker): boolean {
  if (ts.isTypeReferenceNode(node) && ts.isIdentifier(node.typeName)) {
    const symbol = checker.getSymbolAtLocation(node.typeName);
    if (symbol && symbol.flags & ts.SymbolFlags.TypeParameter) return true;
  }
  return ts.forEachChild(node, (child) => namesParameter(child, checker) || undefined) ?? false;
}
