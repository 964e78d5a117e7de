import { ts } from "ts-morph";

/** The package that use cases import from. */
export const PACKAGE = "fivefold";

/** What a name that a module declares, or imports from elsewhere, stands for. */
export const ELSEWHERE = "";

/**
 * What the package exports by a name, as far as the form of the module's imports tells; `ELSEWHERE` where it may stand for
 * something else; `undefined`: nothing that the module declares. The checker would have to resolve the name, which, done for
 * each of each module, takes a good part of all reading.
 */
export function importedName(name: ts.Identifier): string | undefined {
  return isDeclaredAround(name) ? ELSEWHERE : importsOf(name.getSourceFile()).get(name.text);
}

/** Whether something around a name may declare it, closer than the module does. */
function isDeclaredAround(name: ts.Node): boolean {
  for (let node = name.parent; !ts.isSourceFile(node); node = node.parent) {
    if (SCOPES.has(node.kind) || ts.isFunctionLike(node) || ("typeParameters" in node && node.typeParameters))
      return true;
  }
  return false;
}

const SCOPES: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.MappedType,
  ts.SyntaxKind.ConditionalType,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.ClassExpression,
  ts.SyntaxKind.ModuleDeclaration,
  ts.SyntaxKind.Block,
  ts.SyntaxKind.CaseBlock,
  ts.SyntaxKind.ForStatement,
  ts.SyntaxKind.ForInStatement,
  ts.SyntaxKind.ForOfStatement,
]);

const known = new WeakMap<ts.SourceFile, ReadonlyMap<string, string>>();

function importsOf(source: ts.SourceFile): ReadonlyMap<string, string> {
  const imports = known.get(source) ?? findImports(source);
  known.set(source, imports);
  return imports;
}

/** The names that a module imports, and those of its types, and what they stand for. */
function findImports({ statements }: ts.SourceFile): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const add = (name: ts.Node | undefined, origin: string) => {
    if (name && ts.isIdentifier(name)) names.set(name.text, names.has(name.text) ? ELSEWHERE : origin);
  };
  for (const statement of statements) {
    if (!ts.isImportDeclaration(statement)) {
      if ("name" in statement) add(statement.name as ts.Node, ELSEWHERE);
      continue;
    }
    const { moduleSpecifier, importClause } = statement;
    const isPackage = ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text === PACKAGE;
    const bindings = importClause?.namedBindings;
    add(importClause?.name, ELSEWHERE);
    if (!bindings) continue;
    if (ts.isNamespaceImport(bindings)) {
      add(bindings.name, ELSEWHERE);
      continue;
    }
    for (const { name, propertyName = name } of bindings.elements) {
      add(name, isPackage ? propertyName.text : ELSEWHERE);
    }
  }
  return names;
}
