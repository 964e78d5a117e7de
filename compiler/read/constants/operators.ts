import { ts } from "ts-morph";
import { type Constant, isFault, notConstant, type Primitive, primitive } from "./constant.ts";

type Value = Primitive["value"];

/*
 * JavaScript's own operators on values that the evaluator has. They run on strings, numbers, booleans and bigints only,
 * so none of them can call into the project's code.
 */
const BINARY: Readonly<Partial<Record<ts.SyntaxKind, (left: never, right: never) => Value>>> = {
  [ts.SyntaxKind.PlusToken]: (left: number, right: number) => left + right,
  [ts.SyntaxKind.MinusToken]: (left: number, right: number) => left - right,
  [ts.SyntaxKind.AsteriskToken]: (left: number, right: number) => left * right,
  [ts.SyntaxKind.SlashToken]: (left: number, right: number) => left / right,
  [ts.SyntaxKind.PercentToken]: (left: number, right: number) => left % right,
  [ts.SyntaxKind.AsteriskAsteriskToken]: (left: number, right: number) => left ** right,
  [ts.SyntaxKind.LessThanToken]: (left: number, right: number) => left < right,
  [ts.SyntaxKind.LessThanEqualsToken]: (left: number, right: number) => left <= right,
  [ts.SyntaxKind.GreaterThanToken]: (left: number, right: number) => left > right,
  [ts.SyntaxKind.GreaterThanEqualsToken]: (left: number, right: number) => left >= right,
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: (left: Value, right: Value) => left === right,
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: (left: Value, right: Value) => left !== right,
};

const UNARY: Readonly<Partial<Record<ts.SyntaxKind, (value: never) => Value>>> = {
  [ts.SyntaxKind.PlusToken]: (value: number) => +value,
  [ts.SyntaxKind.MinusToken]: (value: number) => -value,
  [ts.SyntaxKind.ExclamationToken]: (value: Value) => !value,
};

/** `&&`, `||`, `??`: whether the left side alone decides. */
const SHORT_CIRCUIT: Readonly<Partial<Record<ts.SyntaxKind, (left: Constant) => boolean>>> = {
  [ts.SyntaxKind.AmpersandAmpersandToken]: (left) => !isTruthy(left),
  [ts.SyntaxKind.BarBarToken]: isTruthy,
  [ts.SyntaxKind.QuestionQuestionToken]: (left) => !isAbsent(left),
};

export function evaluateUnary(node: ts.PrefixUnaryExpression, evaluate: (node: ts.Node) => Constant): Constant {
  const operand = evaluate(node.operand);
  if (isFault(operand)) return operand;
  const apply = UNARY[node.operator];
  if (!apply) return notConstant(`the operator ${ts.tokenToString(node.operator)} is not worked out`, node);
  return computed(operand, operand, node, (value) => apply(value as never));
}

export function evaluateBinary(node: ts.BinaryExpression, evaluate: (node: ts.Node) => Constant): Constant {
  const { kind } = node.operatorToken;
  const left = evaluate(node.left);
  if (isFault(left)) return left;
  const decides = SHORT_CIRCUIT[kind];
  if (decides) return decides(left) ? left : evaluate(node.right);
  const apply = BINARY[kind];
  if (!apply) return notConstant(`the operator ${node.operatorToken.getText()} is not worked out`, node);
  const right = evaluate(node.right);
  if (isFault(right)) return right;
  if (left.kind === "primitive" && right.kind === "primitive" && isTooLarge(kind, left.value, right.value)) {
    return notConstant(TOO_LARGE, node);
  }
  return computed(left, right, node, (a, b) => apply(a as never, b as never));
}

/** Settings are short: more characters or items than that would only fill the memory. */
export const MAX_LENGTH = 65_536;
export const TOO_LARGE = `it is too large: a setting has at most ${MAX_LENGTH} characters, items or properties`;
/** As a number of 1,233 digits has. */
const MAX_BITS = 4_096;

/** Whether an operator's result is larger than a setting has any use for. */
function isTooLarge(operator: ts.SyntaxKind, left: Value, right: Value): boolean {
  if (typeof left === "bigint" && typeof right === "bigint") {
    const [bits, others] = [left, right].map((value) => value.toString(16).length * 4) as [number, number];
    if (operator === ts.SyntaxKind.AsteriskAsteriskToken) return right > MAX_BITS || bits * Number(right) > MAX_BITS;
    return bits + others > MAX_BITS;
  }
  const isJoined = operator === ts.SyntaxKind.PlusToken && (typeof left === "string" || typeof right === "string");
  return isJoined && String(left).length + String(right).length > MAX_LENGTH;
}

function computed(left: Constant, right: Constant, node: ts.Node, apply: (a: Value, b: Value) => Value): Constant {
  if (left.kind !== "primitive" || right.kind !== "primitive") {
    return notConstant("operators are worked out on strings, numbers and booleans only", node);
  }
  try {
    return primitive(apply(left.value, right.value), node);
  } catch (error) {
    // Mixed bigints and numbers, and a bigint divided by zero.
    return notConstant(error instanceof Error ? error.message : String(error), node);
  }
}

export function isTruthy(constant: Constant): boolean {
  return constant.kind !== "primitive" || Boolean(constant.value);
}

export function isAbsent(constant: Constant): boolean {
  return constant.kind === "primitive" && (constant.value === undefined || constant.value === null);
}
