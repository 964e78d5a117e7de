import { ts } from "ts-morph";
import type { ConstantEntry } from "../constants/constant.ts";
import { type SettingReader, type SettingsScope, usedBy } from "./reader.ts";
import { functionValue } from "./values.ts";

/** A filter: a function of the event that lets some events pass, and says what becomes of those that lack a field. */
export const filterFunction: SettingReader<true> = (value, entry, path, scope) => {
  const isFunction = functionValue(value, entry, path, scope);
  if (!isFunction) return undefined;
  if (isNeverTrue(entry, scope)) {
    const span = scope.span(entry.expression);
    scope.report("subscriber-without-events", span, { path }, usedBy(scope, span));
  }
  if (ts.isArrowFunction(value.node) || ts.isFunctionExpression(value.node)) reportAbsentFields(value.node, scope);
  return true;
};

/**
 * Whether TypeScript knows that nothing but `false` is returned. To ask it takes as long as all else that is read of a
 * use case, so most filters, which compare, are told by their form.
 */
function isNeverTrue({ expression }: ConstantEntry, { checker }: SettingsScope): boolean {
  if (ts.isArrowFunction(expression) && isEitherWay(expression.body)) return false;
  const signatures = checker.getTypeAtLocation(expression).getCallSignatures();
  const isFalse = (type: ts.Type) => checker.typeToString(type) === "false";
  return signatures.length > 0 && signatures.every((signature) => isFalse(signature.getReturnType()));
}

/** Whether it is sure to be `boolean` to TypeScript, so that it may be true. */
function isEitherWay(node: ts.Node): boolean {
  if (ts.isParenthesizedExpression(node)) return isEitherWay(node.expression);
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  if (kind === ts.SyntaxKind.AmpersandAmpersandToken) return isEitherWay(node.left) && isEitherWay(node.right);
  return COMPARISONS.has(kind);
}

const EQUALITIES: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
]);
const COMPARISONS: ReadonlySet<ts.SyntaxKind> = new Set([
  ...EQUALITIES,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
]);

/**
 * Fields that are compared as if they were always there. Whatever else is done with one that may be absent says what is
 * to happen then: a call with it, `?.`, `??`, a test for undefined, or its truth.
 */
function reportAbsentFields(filter: ts.ArrowFunction | ts.FunctionExpression, scope: SettingsScope): void {
  const parameter = filter.parameters[0]?.name;
  if (!parameter || !ts.isIdentifier(parameter)) return;
  const compared: ts.PropertyAccessExpression[] = [];
  const handled = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && isOptionalFieldOf(node, parameter.text, scope)) {
      if (isCompared(node, scope.checker)) compared.push(node);
      else handled.add(node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(filter.body);
  for (const access of compared.filter(({ name }) => !handled.has(name.text))) {
    const span = scope.span(access);
    scope.report("filter-on-absent-field", span, { field: access.name.text }, usedBy(scope, span));
  }
}

function isOptionalFieldOf(
  { expression, name }: ts.PropertyAccessExpression,
  parameter: string,
  { checker, event }: SettingsScope,
): boolean {
  if (!ts.isIdentifier(expression) || expression.text !== parameter) return false;
  const mayBeAbsent = event?.messages.some(({ fields }) =>
    fields.some((one) => one.name === name.text && one.optional),
  );
  if (mayBeAbsent === false) return false;
  const field = checker.getTypeAtLocation(expression).getProperty(name.text);
  return field !== undefined && Boolean(field.flags & ts.SymbolFlags.Optional);
}

/** Whether it stands in `a === b` beside what can't be undefined. `!==` is true of what is absent: a choice as well. */
function isCompared(node: ts.PropertyAccessExpression, checker: ts.TypeChecker): boolean {
  const { parent } = node;
  if (!ts.isBinaryExpression(parent) || !EQUALITIES.has(parent.operatorToken.kind)) return false;
  const other = checker.getTypeAtLocation(parent.left === node ? parent.right : parent.left);
  return checker.getNonNullableType(other) === other;
}
