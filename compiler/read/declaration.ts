import { ts } from "ts-morph";
import { packageName, type Reading, resolveAlias } from "./reading.ts";

/** A module's `export default useCase<Event>(definition)`. */
export interface Declaration {
  readonly call: ts.CallExpression;
  /** The comment above the export or the constant. */
  readonly doc: string;
}

/**
 * The use case that a module declares. `undefined` where it declares none: a module of shared types and constants, or a
 * fault, which is reported.
 */
export function findDeclaration(reading: Reading, source: ts.SourceFile): Declaration | undefined {
  const { checker } = reading;
  const module = checker.getSymbolAtLocation(source);
  const exported = module && checker.tryGetMemberInModuleExports("default", module);
  const declaration = exported && declarationOf(reading, source, exported);
  for (const call of useCaseCalls(reading, source)) {
    if (call !== declaration?.call) reading.report("use-case-not-exported", reading.span(call.expression), {});
  }
  return declaration;
}

function declarationOf(reading: Reading, source: ts.SourceFile, exported: ts.Symbol): Declaration | undefined {
  const { checker } = reading;
  const target = resolveAlias(checker, exported);
  const node = target.declarations?.[0];
  const expression = node && exportedValue(reading, node);
  if (expression && isUseCaseCall(reading, expression) && expression.getSourceFile() === source) {
    return { call: expression, doc: ts.displayPartsToString(target.getDocumentationComment(checker)) };
  }
  const place = exported.declarations?.[0] ?? source;
  reading.report("default-export-not-use-case", reading.span(place), {
    found:
      expression && isUseCaseCall(reading, expression) ? "another module's use case" : describe(target, expression),
  });
  return undefined;
}

/** The expression behind `export default x` and behind the constants that it names. */
function exportedValue(reading: Reading, node: ts.Node): ts.Expression | undefined {
  const expression = ts.isExportAssignment(node)
    ? node.expression
    : ts.isVariableDeclaration(node)
      ? node.initializer
      : undefined;
  const value = expression && unwrap(expression);
  if (!value || !ts.isIdentifier(value)) return value;
  const symbol = reading.checker.getSymbolAtLocation(value);
  const named = symbol && resolveAlias(reading.checker, symbol).valueDeclaration;
  return named && named !== node && ts.isVariableDeclaration(named) ? exportedValue(reading, named) : value;
}

/** An expression without what has no effect when it runs: parentheses, `satisfies`, `as`, `!`. */
function unwrap(expression: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(expression) ||
    ts.isSatisfiesExpression(expression) ||
    ts.isAsExpression(expression) ||
    ts.isNonNullExpression(expression)
    ? unwrap(expression.expression)
    : expression;
}

/** Calls of useCase at the module's top level; the search does not enter functions. */
function useCaseCalls(reading: Reading, source: ts.SourceFile): ts.CallExpression[] {
  const calls: ts.CallExpression[] = [];
  for (const statement of source.statements) {
    const expressions = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map(({ initializer }) => initializer)
      : ts.isExportAssignment(statement) || ts.isExpressionStatement(statement)
        ? [statement.expression]
        : [];
    for (const expression of expressions) {
      const value = expression && unwrap(expression);
      if (value && isUseCaseCall(reading, value)) calls.push(value);
    }
  }
  return calls;
}

function isUseCaseCall(reading: Reading, expression: ts.Expression): expression is ts.CallExpression {
  if (!ts.isCallExpression(expression)) return false;
  return packageName(expression.expression, reading) === "useCase";
}

function describe(symbol: ts.Symbol, expression: ts.Expression | undefined): string {
  if (symbol.flags & ts.SymbolFlags.Class) return "a class";
  if (symbol.flags & ts.SymbolFlags.Function) return "a function";
  if (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) return "a type";
  if (!expression) return "a value of another kind";
  return ts.isCallExpression(expression) ? "a call of another function" : "no call";
}
