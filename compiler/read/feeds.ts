import { ts } from "ts-morph";
import type { UseCase } from "../model/model.ts";
import { useCaseName } from "./find-files.ts";
import { packageSpecifiers, type Reading } from "./reading.ts";

/** Finds the use cases that a module imports, itself or by modules that are none: its handlers may enqueue their events. */
export type FindFeeds = (source: ts.SourceFile) => UseCase["feeds"];

export function createFeeds(reading: Reading, root: string, files: readonly string[]): FindFeeds {
  const { checker } = reading;
  const useCases = new Map(files.map((file) => [`${root}/${file}`, file]));
  /** By module: what it imports by default of use cases, and the other modules of the project that it imports. */
  const known = new Map<
    ts.SourceFile,
    { readonly own: readonly string[]; readonly others: readonly ts.SourceFile[] }
  >();

  function importsOf(source: ts.SourceFile) {
    const found = known.get(source) ?? findImports(source);
    known.set(source, found);
    return found;
  }

  function findImports(source: ts.SourceFile) {
    const own: string[] = [];
    const others: ts.SourceFile[] = [];
    for (const statement of source.statements) {
      if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
      const { moduleSpecifier } = statement;
      if (
        !moduleSpecifier ||
        !ts.isStringLiteral(moduleSpecifier) ||
        packageSpecifiers(source).includes(moduleSpecifier)
      )
        continue;
      const [target] = checker.getSymbolAtLocation(moduleSpecifier)?.declarations ?? [];
      if (!target || !ts.isSourceFile(target) || target.isDeclarationFile) continue;
      const file = useCases.get(target.fileName);
      const isUseCase = file !== undefined && declaresUseCase(target);
      if (isUseCase && ts.isImportDeclaration(statement) && importsDefault(statement)) own.push(file);
      else if (!isUseCase) others.push(target);
    }
    return { own, others };
  }

  return (source) => {
    const found = new Set<string>();
    const seen = new Set([source]);
    for (const module of seen) {
      const { own, others } = importsOf(module);
      for (const file of own) if (useCases.get(source.fileName) !== file) found.add(file);
      for (const other of others) seen.add(other);
    }
    const own = enqueuesOf(source);
    return [
      ...[...found].sort().map((file) => ({ name: useCaseName(file), file, isDelayed: own.areDelayed })),
      ...(own.itself
        ? [{ name: useCaseName(useCases.get(source.fileName) ?? ""), file: null, isDelayed: own.areDelayed }]
        : []),
    ];
  };
}

/** By its form: to ask the checker would take as long as to read it. */
function declaresUseCase(source: ts.SourceFile): boolean {
  return /\buseCase\b/.test(source.text) && source.statements.some(ts.isExportAssignment);
}

function importsDefault({ importClause }: ts.ImportDeclaration): boolean {
  if (!importClause || importClause.isTypeOnly) return false;
  const { name, namedBindings } = importClause;
  if (name) return true;
  return (
    !!namedBindings &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.some((one) => !one.isTypeOnly && one.propertyName?.text === "default")
  );
}

/**
 * Whether a module's handlers enqueue to the use case that it declares itself, and whether all that they enqueue waits. They
 * were taken out of the tree that is read, so the text is parsed again, where it has such a call.
 */
function enqueuesOf({ fileName, text }: ts.SourceFile): { readonly itself: boolean; readonly areDelayed: boolean } {
  if (!/\.enqueue\s*\(/.test(text)) return { itself: false, areDelayed: false };
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest);
  const exported = source.statements.find(ts.isExportAssignment)?.expression;
  const own = exported && ts.isIdentifier(exported) ? exported.text : undefined;
  let itself = false;
  let areDelayed = true;
  const visit = (node: ts.Node): void => {
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === "enqueue"
    ) {
      const [target, , options] = node.arguments;
      if (own !== undefined && target && ts.isIdentifier(target) && target.text === own) itself = true;
      areDelayed &&= !!options && delays(options);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { itself, areDelayed };
}

function delays(options: ts.Expression): boolean {
  if (!ts.isObjectLiteralExpression(options)) return true;
  return options.properties.some(({ name }) => name && ts.isIdentifier(name) && /^(delay|at)$/.test(name.text));
}
