import { readFileSync } from "node:fs";
import { ts } from "ts-morph";

/** What a module exports by a name; `undefined`: nothing, as far as it tells. */
type Kind = "type" | "value" | undefined;

/** Tells types from values by the form in which modules declare them, through imports and re-exports. */
export interface TypeExports {
  /** Whether what a module declares or imports by a name is a type and no value. What can't be told is taken for a value. */
  isLocalType(source: ts.SourceFile, name: string): boolean;
  /** The same for what another module exports. */
  isType(from: string, specifier: string, name: string): boolean;
}

/** Re-exports in a circle must not be followed for ever. */
const MOST_STEPS = 20;

/** `dependencies` gets the path of every module that was looked into. */
export function createTypeExports(options: ts.CompilerOptions, dependencies: Set<string>): TypeExports {
  const parsed = new Map<string, ts.SourceFile>();
  const cache = ts.createModuleResolutionCache(".", (name) => name, options);

  function moduleOf(from: string, specifier: string): ts.SourceFile | undefined {
    const { resolvedModule } = ts.resolveModuleName(specifier, from, options, ts.sys, cache);
    const path = resolvedModule?.resolvedFileName;
    if (!path || !/\.([cm]?ts|tsx)$/.test(path)) return undefined;
    const source = parsed.get(path) ?? ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest);
    parsed.set(path, source);
    dependencies.add(path);
    return source;
  }

  function exportedKind(source: ts.SourceFile, name: string, step: number): Kind {
    if (step > MOST_STEPS) return undefined;
    const declared = declarationsOf(source, name).filter(isExported);
    if (declared.length > 0) return declared.every(isTypeDeclaration) ? "type" : "value";
    const exports = source.statements.filter(ts.isExportDeclaration);
    for (const statement of exports) {
      const clause = statement.exportClause;
      if (!clause || !ts.isNamedExports(clause)) continue;
      const element = clause.elements.find((one) => one.name.text === name);
      if (!element) continue;
      if (statement.isTypeOnly || element.isTypeOnly) return "type";
      return kindOf(source, statement.moduleSpecifier, (element.propertyName ?? element.name).text, step);
    }
    for (const { exportClause, moduleSpecifier, isTypeOnly } of exports) {
      if (exportClause || !moduleSpecifier) continue;
      const kind = kindOf(source, moduleSpecifier, name, step);
      if (kind) return isTypeOnly ? "type" : kind;
    }
    return undefined;
  }

  function kindOf(source: ts.SourceFile, specifier: ts.Expression | undefined, name: string, step: number): Kind {
    if (!specifier) return localKind(source, name, step);
    if (!ts.isStringLiteral(specifier)) return undefined;
    const target = moduleOf(source.fileName, specifier.text);
    return target && exportedKind(target, name, step + 1);
  }

  function localKind(source: ts.SourceFile, name: string, step: number): Kind {
    const declared = declarationsOf(source, name);
    if (declared.length > 0) return declared.every(isTypeDeclaration) ? "type" : "value";
    for (const { importClause, moduleSpecifier } of source.statements.filter(ts.isImportDeclaration)) {
      if (!importClause) continue;
      const { namedBindings } = importClause;
      const elements = namedBindings && ts.isNamedImports(namedBindings) ? namedBindings.elements : [];
      const element = elements.find((one) => one.name.text === name);
      if (!element && importClause.name?.text !== name) continue;
      if (importClause.isTypeOnly || element?.isTypeOnly) return "type";
      return kindOf(source, moduleSpecifier, element ? (element.propertyName ?? element.name).text : "default", step);
    }
    return undefined;
  }

  return {
    isLocalType: (source, name) => localKind(source, name, 0) === "type",
    isType(from, specifier, name) {
      const target = moduleOf(from, specifier);
      return !!target && exportedKind(target, name, 0) === "type";
    },
  };
}

type Declaration = ts.Statement & { readonly name?: ts.Node; readonly modifiers?: ts.NodeArray<ts.ModifierLike> };

function declarationsOf({ statements }: ts.SourceFile, name: string): Declaration[] {
  return statements.filter((statement: Declaration) => {
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.some((one) => binds(one.name, name));
    }
    if (name === "default" && hasModifier(statement, ts.SyntaxKind.DefaultKeyword)) return true;
    return !!statement.name && ts.isIdentifier(statement.name) && statement.name.text === name;
  });
}

function binds(binding: ts.BindingName, name: string): boolean {
  if (ts.isIdentifier(binding)) return binding.text === name;
  return binding.elements.some((element) => ts.isBindingElement(element) && binds(element.name, name));
}

function isTypeDeclaration(statement: ts.Node): boolean {
  if (ts.isModuleDeclaration(statement)) return !!statement.body && holdsTypesOnly(statement.body);
  return ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
}

/** Whether nothing is left of a namespace: of such, TypeScript makes no object. */
function holdsTypesOnly(body: ts.ModuleBody | ts.JSDocNamespaceDeclaration): boolean {
  return ts.isModuleBlock(body) ? body.statements.every(isTypeDeclaration) : isTypeDeclaration(body);
}

function isExported(statement: Declaration): boolean {
  return hasModifier(statement, ts.SyntaxKind.ExportKeyword);
}

function hasModifier({ modifiers }: Declaration, kind: ts.SyntaxKind): boolean {
  return modifiers?.some((modifier) => modifier.kind === kind) ?? false;
}
