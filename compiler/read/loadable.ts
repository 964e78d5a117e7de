import { createRequire, isBuiltin } from "node:module";
import { dirname, extname, posix } from "node:path";
import { ts } from "ts-morph";
import { isTypeScript, sourceOf, sourceSought } from "../../loader/resolve.ts";
import { createSettingsFinder } from "../../loader/tsconfig.ts";
import { type Reading, resolveAlias } from "./reading.ts";

/** What Node, or what loads use cases beside it, makes a module of. */
const MODULES: ReadonlySet<string> = new Set([".js", ".mjs", ".cjs", ".json", ".node", ".wasm"]);

/** The file that an import leads to, where that is looked into, or why it leads nowhere, if it does. */
type Found = { readonly path: string } | { readonly reason: string | undefined };

const FOUND: Found = { reason: undefined };

/** Looks whether what a module imports will be found when it runs, and by all that it imports in turn. */
export type CheckLoadable = (source: ts.SourceFile) => void;

/**
 * TypeScript finds an import where there are types of it: `declare module "*.html"`, a declaration file, a path that only a
 * bundler knows. Reports at their lines those that a worker would end at, once each.
 */
export function createLoadableCheck(reading: Reading): CheckLoadable {
  const settings = createSettingsFinder();
  const checked = new Set<ts.SourceFile>();
  const packages = new Map<string, Found>();

  function check(source: ts.SourceFile): void {
    if (checked.has(source)) return;
    checked.add(source);
    if (!isConfigured(source.fileName)) return;
    for (const statement of source.statements) {
      const specifier = loadedSpecifier(statement);
      if (!specifier) continue;
      const found = find(specifier.text, source.fileName);
      if ("path" in found) {
        const imported = isTypeScript(found.path) && reading.program.getSourceFile(found.path);
        if (imported) check(imported);
      } else if (found.reason && !isGenerated(specifier.text, source.fileName) && !isLeftOut(reading, statement)) {
        reading.report("unloadable-import", reading.span(specifier), {
          specifier: specifier.text,
          reason: found.reason,
        });
      }
    }
  }

  /** Whether it is a build that would write that module: of that, something else is said. */
  function isGenerated(specifier: string, from: string): boolean {
    return specifier.startsWith(".") && posix.join(dirname(from), specifier).startsWith(`${reading.root}/generated/`);
  }

  /** What the matter is with a tsconfig.json, or one that it extends, is said elsewhere. */
  function isConfigured(file: string): boolean {
    try {
      settings.of(file);
      return true;
    } catch {
      return false;
    }
  }

  function find(specifier: string, from: string): Found {
    const path = sourceOf(specifier, from, settings.of(from));
    if (path) {
      if (isTypeScript(path) || MODULES.has(extname(path))) return { path };
      return { reason: `'${extname(path)}' is no form of a module that Node loads` };
    }
    if (/^\.{0,2}\//.test(specifier)) return { reason: "there is no such file" };
    // What a package's name leads to under conditions of the project's own is for Node to say.
    if (specifier.startsWith("#") || settings.of(from).tsconfig?.config.compilerOptions?.customConditions?.length) {
      return { reason: undefined };
    }
    const key = `${dirname(from)} ${specifier}`;
    const found = packages.get(key) ?? (isBuiltin(specifier) ? FOUND : findPackage(specifier, from));
    packages.set(key, found);
    return found;
  }

  return check;
}

/** What a statement imports when it runs, as far as its form tells. */
function loadedSpecifier(statement: ts.Statement): ts.StringLiteral | undefined {
  const isImport = ts.isImportDeclaration(statement) && !statement.importClause?.isTypeOnly;
  const isExport = ts.isExportDeclaration(statement) && !statement.isTypeOnly;
  const specifier = isImport || isExport ? statement.moduleSpecifier : undefined;
  return specifier && ts.isStringLiteral(specifier) ? specifier : undefined;
}

/** Whether all that a statement names are types: TypeScript then leaves it out, unless it is told not to. */
function isLeftOut({ program, checker }: Reading, statement: ts.Statement): boolean {
  if (program.getCompilerOptions().verbatimModuleSyntax) return false;
  const names = ts.isImportDeclaration(statement)
    ? importedNames(statement.importClause)
    : ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)
      ? statement.exportClause.elements.map(({ name }) => name)
      : [];
  const isType = (name: ts.Node) => {
    const symbol = checker.getSymbolAtLocation(name);
    return !!symbol && !(resolveAlias(checker, symbol).flags & ts.SymbolFlags.Value);
  };
  return names.length > 0 && names.every(isType);
}

function importedNames(clause: ts.ImportClause | undefined): ts.Node[] {
  const bindings = clause?.namedBindings;
  const named = bindings
    ? ts.isNamedImports(bindings)
      ? bindings.elements.map(({ name }) => name)
      : [bindings.name]
    : [];
  return clause?.name ? [clause.name, ...named] : named;
}

/** Where a package has no entry for `require`, it has one for `import`. */
function findPackage(specifier: string, from: string): Found {
  try {
    createRequire(from).resolve(specifier);
    return FOUND;
  } catch (error) {
    const path = sourceSought(error);
    if (path) return { path };
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "MODULE_NOT_FOUND") return FOUND;
    return { reason: "no such package, or no JavaScript of it, is installed" };
  }
}
