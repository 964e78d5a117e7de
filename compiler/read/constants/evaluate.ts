import { ts } from "ts-morph";
import { packageName, type Reading, resolveAlias } from "../reading.ts";
import { type Constant, type ConstantEntry, isFault, notConstant, primitive } from "./constant.ts";
import { evaluateObject } from "./object-literal.ts";
import { evaluateBinary, evaluateUnary, isAbsent, isTruthy, MAX_LENGTH, TOO_LARGE } from "./operators.ts";
import { evaluatePackageCall } from "./package-functions.ts";
import { evaluateSymbol } from "./symbol.ts";

/** Works out expressions; one for all of a project, so that shared constants are worked out once. */
export type Evaluate = (node: ts.Node) => Constant;

/** Of expressions in one another, names' values included. Keeps a pathological one from exhausting the stack. */
const MAX_DEPTH = 500;

export function createEvaluate(reading: Reading): Evaluate {
  const known = new Map<ts.Node, Constant>();
  const running = new Set<ts.Node>();
  const evaluate: Evaluate = (node) => {
    const before = known.get(node);
    if (before) return before;
    if (running.size > MAX_DEPTH) return notConstant("it nests too deeply to be worked out", node);
    if (running.has(node)) return notConstant("its value depends on itself", node);
    running.add(node);
    const result = evaluateNode(node, reading, evaluate);
    running.delete(node);
    known.set(node, result);
    return result;
  };
  return evaluate;
}

function evaluateNode(node: ts.Node, reading: Reading, evaluate: Evaluate): Constant {
  if (ts.isStringLiteralLike(node)) return primitive(node.text, node);
  if (ts.isNumericLiteral(node)) return primitive(Number(node.text), node);
  if (ts.isBigIntLiteral(node)) return primitive(BigInt(node.text.slice(0, -1)), node);
  const keyword = KEYWORDS.get(node.kind);
  if (keyword) return primitive(keyword.value, node);
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return evaluate(node.expression);
  if (ts.isSatisfiesExpression(node) || ts.isNonNullExpression(node)) return evaluate(node.expression);
  if (ts.isTemplateExpression(node)) return evaluateTemplate(node, evaluate);
  if (ts.isPrefixUnaryExpression(node)) return evaluateUnary(node, evaluate);
  if (ts.isBinaryExpression(node)) return evaluateBinary(node, evaluate);
  if (ts.isConditionalExpression(node)) {
    const condition = evaluate(node.condition);
    return isFault(condition) ? condition : evaluate(isTruthy(condition) ? node.whenTrue : node.whenFalse);
  }
  if (ts.isObjectLiteralExpression(node)) return evaluateObject(node, reading, evaluate);
  if (ts.isArrayLiteralExpression(node)) return evaluateList(node, evaluate);
  if (ts.isFunctionLike(node)) return { kind: "function", node };
  if (ts.isIdentifier(node)) return evaluateSymbol(reading.checker.getSymbolAtLocation(node), node, reading, evaluate);
  if (ts.isPropertyAccessExpression(node)) return evaluateMember(node, node.name.text, reading, evaluate);
  if (ts.isElementAccessExpression(node)) {
    const key = evaluate(node.argumentExpression);
    if (isFault(key)) return key;
    return key.kind === "primitive"
      ? evaluateMember(node, String(key.value), reading, evaluate)
      : notConstant("it is reached by a key that is no string or number", node);
  }
  if (ts.isCallExpression(node)) return evaluateCall(node, reading, evaluate);
  return notConstant(REASONS.get(node.kind) ?? "this kind of expression needs to run", node);
}

const KEYWORDS = new Map<ts.SyntaxKind, { value: boolean | null }>([
  [ts.SyntaxKind.TrueKeyword, { value: true }],
  [ts.SyntaxKind.FalseKeyword, { value: false }],
  [ts.SyntaxKind.NullKeyword, { value: null }],
]);

const REASONS = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.AwaitExpression, "what a promise resolves to is known at run time only"],
  [ts.SyntaxKind.NewExpression, "an object of a class is made at run time"],
  [ts.SyntaxKind.TaggedTemplateExpression, "a template's tag is a function, and functions run at run time"],
  [ts.SyntaxKind.ThisKeyword, "what `this` is, is known at run time only"],
]);

function evaluateTemplate(node: ts.TemplateExpression, evaluate: Evaluate): Constant {
  let text = node.head.text;
  for (const { expression, literal } of node.templateSpans) {
    const part = evaluate(expression);
    if (isFault(part)) return part;
    if (part.kind !== "primitive")
      return notConstant("only strings, numbers and booleans go into a template", expression);
    text += String(part.value) + literal.text;
    if (text.length > MAX_LENGTH) return notConstant(TOO_LARGE, node);
  }
  return primitive(text, node);
}

function evaluateList(node: ts.ArrayLiteralExpression, evaluate: Evaluate): Constant {
  const items: Constant[] = [];
  for (const element of node.elements) {
    if (!ts.isSpreadElement(element)) {
      items.push(evaluate(element));
      continue;
    }
    const spread = evaluate(element.expression);
    if (isFault(spread)) return spread;
    if (spread.kind !== "list") return notConstant("only a constant list can be spread here", element.expression);
    if (items.length + spread.items.length > MAX_LENGTH) return notConstant(TOO_LARGE, element);
    for (const item of spread.items) items.push(item);
  }
  return { kind: "list", items, node };
}

function evaluateMember(
  node: ts.PropertyAccessExpression | ts.ElementAccessExpression,
  key: string,
  reading: Reading,
  evaluate: Evaluate,
): Constant {
  // An enum's member, and an export of a module by its namespace, are symbols of their own.
  const symbol = reading.checker.getSymbolAtLocation(ts.isPropertyAccessExpression(node) ? node.name : node.expression);
  const target = symbol && resolveAlias(reading.checker, symbol);
  if (target && ts.isPropertyAccessExpression(node) && target.flags & MEMBER_ON_ITS_OWN) {
    return evaluateSymbol(target, node, reading, evaluate);
  }
  const value = evaluate(node.expression);
  if (isFault(value)) {
    return node.expression.getText() === "process.env"
      ? notConstant("the environment is read at run time, and may differ from process to process", node)
      : value;
  }
  if (value.kind === "object") return entryValue(value.entries.get(key), node);
  if (value.kind === "list") return value.items[Number(key)] ?? listMember(value.items, key, node);
  if (isAbsent(value) && node.questionDotToken) return primitive(undefined, node);
  if (value.kind === "primitive" && typeof value.value === "string" && key === "length") {
    return primitive(value.value.length, node);
  }
  return notConstant(`'${key}' is no property of a constant object`, node);
}

const MEMBER_ON_ITS_OWN = ts.SymbolFlags.EnumMember | ts.SymbolFlags.BlockScopedVariable | ts.SymbolFlags.Function;

function entryValue(entry: ConstantEntry | undefined, node: ts.Node): Constant {
  return entry ? entry.value() : primitive(undefined, node);
}

function listMember(items: readonly Constant[], key: string, node: ts.Node): Constant {
  return primitive(key === "length" ? items.length : undefined, node);
}

function evaluateCall(node: ts.CallExpression, reading: Reading, evaluate: Evaluate): Constant {
  const name = packageName(node.expression, reading);
  if (name) return evaluatePackageCall(name, node, evaluate);
  if (!reading.checker.getSymbolAtLocation(node.expression)) {
    return notConstant(`'${node.expression.getText()}' is neither declared nor imported`, node.expression);
  }
  return notConstant(`${node.expression.getText()}(…) is a function, and functions run at run time`, node);
}
