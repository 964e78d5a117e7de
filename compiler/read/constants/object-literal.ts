import { ts } from "ts-morph";
import type { Reading } from "../reading.ts";
import { type Constant, type ConstantEntry, isFault, notConstant } from "./constant.ts";
import { isTruthy } from "./operators.ts";
import { evaluateSymbol } from "./symbol.ts";

export function evaluateObject(
  node: ts.ObjectLiteralExpression,
  reading: Reading,
  evaluate: (node: ts.Node) => Constant,
): Constant {
  const entries = new Map<string, ConstantEntry>();
  for (const property of node.properties) {
    if (ts.isSpreadAssignment(property)) {
      const spread = evaluate(property.expression);
      if (isFault(spread)) return spread;
      // `...(condition && { … })` spreads false where the condition fails: nothing.
      if (spread.kind === "object") for (const [key, entry] of spread.entries) entries.set(key, entry);
      else if (isTruthy(spread)) return notConstant("only a constant object can be spread here", property.expression);
      continue;
    }
    const key = keyOf(property.name, evaluate);
    if (typeof key !== "string") return key;
    entries.set(key, entryOf(property, reading, evaluate));
  }
  return { kind: "object", entries, node };
}

function keyOf(name: ts.PropertyName, evaluate: (node: ts.Node) => Constant): string | Constant {
  if (!ts.isComputedPropertyName(name)) return name.text;
  const key = evaluate(name.expression);
  if (isFault(key)) return key;
  return key.kind === "primitive" ? String(key.value) : notConstant("it is no name", name.expression);
}

function entryOf(
  property: Exclude<ts.ObjectLiteralElementLike, ts.SpreadAssignment>,
  reading: Reading,
  evaluate: (node: ts.Node) => Constant,
): ConstantEntry {
  const { name } = property;
  if (ts.isPropertyAssignment(property)) {
    return { name, expression: property.initializer, value: () => evaluate(property.initializer) };
  }
  if (ts.isMethodDeclaration(property))
    return { name, expression: name, value: () => ({ kind: "function", node: name }) };
  if (ts.isShorthandPropertyAssignment(property)) {
    const value = () =>
      evaluateSymbol(reading.checker.getShorthandAssignmentValueSymbol(property), name, reading, evaluate);
    return { name, expression: name, value };
  }
  return { name, expression: name, value: () => notConstant("accessors run at run time", name) };
}
