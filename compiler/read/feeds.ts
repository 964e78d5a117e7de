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
    { readonly own: readonly Imported[]; readonly others: readonly ts.SourceFile[] }
  >();

  function importsOf(source: ts.SourceFile) {
    const found = known.get(source) ?? findImports(source);
    known.set(source, found);
    return found;
  }

  function findImports(source: ts.SourceFile) {
    const own: Imported[] = [];
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
      const name = ts.isImportDeclaration(statement) ? importedDefault(statement) : undefined;
      if (isUseCase && name !== undefined) own.push({ file, name });
      else if (!isUseCase) others.push(target);
    }
    return { own, others };
  }

  return (source) => {
    const found = new Set<string>();
    const seen = new Set([source]);
    for (const module of seen) {
      const { own, others } = importsOf(module);
      for (const { file } of own) if (useCases.get(source.fileName) !== file) found.add(file);
      for (const other of others) seen.add(other);
    }
    const imported = importsOf(source).own;
    const enqueues = enqueuesOf(source, imported);
    const itself = useCases.get(source.fileName);
    return [
      ...[...found].sort().map((file) => {
        const names = imported.filter((one) => one.file === file).map(({ name }) => name);
        return { name: useCaseName(file), file, isDelayed: enqueues.wait(names) };
      }),
      ...(enqueues.own === undefined
        ? []
        : [{ name: useCaseName(itself ?? ""), file: null, isDelayed: enqueues.wait([enqueues.own]) }]),
    ];
  };
}

/** A use case's file, and the name by which a module has it. */
interface Imported {
  readonly file: string;
  readonly name: string;
}

/** By its form: to ask the checker would take as long as to read it. */
function declaresUseCase(source: ts.SourceFile): boolean {
  return /\buseCase\b/.test(source.text) && source.statements.some(ts.isExportAssignment);
}

function importedDefault({ importClause }: ts.ImportDeclaration): string | undefined {
  if (!importClause || importClause.isTypeOnly) return undefined;
  const { name, namedBindings } = importClause;
  if (name) return name.text;
  if (!namedBindings || !ts.isNamedImports(namedBindings)) return undefined;
  return namedBindings.elements.find((one) => !one.isTypeOnly && one.propertyName?.text === "default")?.name.text;
}

interface Enqueues {
  /** The name that the module's own use case has there, if a handler enqueues to it. */
  readonly own: string | undefined;
  /** Whether all that is enqueued to what has these names waits; without such, all that the module enqueues. */
  wait(names: readonly string[]): boolean;
}

/**
 * What a module's handlers enqueue. They were taken out of the tree that is read, so the text is parsed again, where it has
 * such a call.
 */
function enqueuesOf({ fileName, text }: ts.SourceFile, imported: readonly Imported[]): Enqueues {
  if (!/\.enqueue\s*\(/.test(text)) return { own: undefined, wait: () => false };
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest);
  const exported = source.statements.find(ts.isExportAssignment)?.expression;
  const own = exported && ts.isIdentifier(exported) ? exported.text : undefined;
  const names = new Set([...imported.map(({ name }) => name), own]);
  /** By name, whether all that is enqueued to it waits; what has no known name may be any of them. */
  const waiting = new Map<string | undefined, boolean>();
  const visit = (node: ts.Node): void => {
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === "enqueue"
    ) {
      const [target, , options] = node.arguments;
      const name = target && ts.isIdentifier(target) && names.has(target.text) ? target.text : undefined;
      waiting.set(name, (waiting.get(name) ?? true) && !!options && delays(options));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return {
    own: own !== undefined && waiting.has(own) ? own : undefined,
    wait(names) {
      const named = names.filter((name) => waiting.has(name));
      const all = named.length > 0 ? [...named, undefined] : [...waiting.keys()];
      return all.every((name) => waiting.get(name) ?? true);
    },
  };
}

function delays(options: ts.Expression): boolean {
  if (!ts.isObjectLiteralExpression(options)) return true;
  return options.properties.some(({ name }) => name && ts.isIdentifier(name) && /^(delay|at)$/.test(name.text));
}
