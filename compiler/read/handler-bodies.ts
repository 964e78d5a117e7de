import { ts } from "ts-morph";

/**
 * Takes the statements out of a module's handlers, before names are bound: nothing is read of them, and to bind them
 * takes a third of all binding. Those of a module that may import in them stay: what it imports is asked for later.
 */
export function leaveOutHandlers({ statements, text }: ts.SourceFile): void {
  if (/\bimport\s*\(|\brequire\s*\(/.test(text)) return;
  for (const statement of statements) {
    if (ts.isExportAssignment(statement) && ts.isCallExpression(statement.expression)) {
      for (const argument of statement.expression.arguments) leaveOutHandler(argument);
    }
  }
}

function leaveOutHandler(definition: ts.Expression): void {
  if (!ts.isObjectLiteralExpression(definition)) return;
  for (const property of definition.properties) {
    if (!property.name || !ts.isIdentifier(property.name) || !/^(handler|batchHandler)$/.test(property.name.text))
      continue;
    const value = ts.isPropertyAssignment(property) ? property.initializer : property;
    if (!ts.isFunctionLike(value) || !("body" in value)) continue;
    const { body } = value;
    if (body && ts.isBlock(body)) Object.assign(body, { statements: NO_STATEMENTS });
  }
}

const NO_STATEMENTS = ts.factory.createNodeArray<ts.Statement>();
