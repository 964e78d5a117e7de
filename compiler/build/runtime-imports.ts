import { existsSync, readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, resolve } from "node:path";
import { ts } from "ts-morph";
import type { Compile } from "../../loader/compiled.ts";
import { formatOf, isNodesOwn } from "../../loader/format.ts";
import { isTypeScript, sourceOf, sourceSought } from "../../loader/resolve.ts";
import { packageJsonOf, type SettingsFinder } from "../../loader/tsconfig.ts";

/** What modules load when they run. */
export interface RuntimeImports {
  /** Absolute paths of the modules themselves, and of all that they import by a path; sorted. */
  readonly files: readonly string[];
  /** Packages by name, with a module that imports each. */
  readonly packages: ReadonlyMap<string, string>;
  /** Imports by a path where there is no file. */
  readonly missing: readonly { readonly from: string; readonly specifier: string }[];
}

/** How modules are loaded. */
interface Loading {
  readonly settings: SettingsFinder;
  readonly compile: Compile;
}

/**
 * Follows imports as they are loaded, from modules to all that they need. What a program computes can't be seen:
 * `import(name)`.
 */
export function runtimeImports(entries: readonly string[], loading: Loading): RuntimeImports {
  const files = new Set<string>();
  const packages = new Map<string, string>();
  const missing: { from: string; specifier: string }[] = [];
  const follow = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    for (const specifier of importsOf(file, loading)) {
      if (isBuiltin(specifier)) continue;
      const target = fileOf(specifier, file, loading);
      if (target === undefined) packages.set(packageOf(specifier), file);
      else if (existsSync(target)) follow(target);
      else missing.push({ from: file, specifier });
    }
  };
  for (const entry of entries) follow(resolve(entry));
  return { files: [...files].sort(), packages, missing };
}

/** What a module names in imports and exports that are there when it runs: types are not. */
function importsOf(file: string, loading: Loading): string[] {
  if (!/\.([cm]?[jt]s|tsx)$/.test(file)) return [];
  const source = ts.createSourceFile(file, loadedText(file, loading), ts.ScriptTarget.Latest);
  const specifiers: string[] = [];
  const visit = (node: ts.Node): void => {
    const named = specifierOf(node);
    if (named && ts.isStringLiteralLike(named)) specifiers.push(named.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return specifiers;
}

/** A module as it is loaded: with what was written of it, where Node does not run it as it is. */
export function loadedText(path: string, { settings: finder, compile }: Loading): string {
  const text = readFileSync(path, "utf8");
  if (!isTypeScript(path)) return text;
  const settings = finder.of(path);
  const format = formatOf(path, settings);
  return isNodesOwn(path, format, settings, text) ? text : compile(text, { path, format, settings });
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node)) return node.importClause?.isTypeOnly ? undefined : node.moduleSpecifier;
  if (ts.isExportDeclaration(node)) return node.isTypeOnly ? undefined : node.moduleSpecifier;
  if (!ts.isCallExpression(node)) return undefined;
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === "require";
  return isImport || isRequire ? node.arguments[0] : undefined;
}

/** The file that a path, a `#name` of package.json or the package's own name stands for; `undefined`: it names another package. */
function fileOf(specifier: string, from: string, { settings }: Loading): string | undefined {
  const source = isTypeScript(from) ? sourceOf(specifier, from, settings.of(from)) : undefined;
  if (source) return source;
  if (/^\.{0,2}\//.test(specifier)) return resolve(dirname(from), specifier);
  if (!specifier.startsWith("#") && packageOf(specifier) !== packageJsonOf(dirname(from))?.name) return undefined;
  try {
    const found = createRequire(from).resolve(specifier);
    // A `#name` may stand for a package.
    return found.includes("/node_modules/") ? undefined : found;
  } catch (error) {
    return sourceSought(error) ?? resolve(dirname(from), specifier);
  }
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
