import { statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Settings } from "./tsconfig.ts";

/** A module that TypeScript compiles: `.ts`, `.tsx`, `.mts`, `.cts`, and no declarations. */
export function isTypeScript(path: string): boolean {
  return /\.([cm]?ts|tsx)$/.test(path) && !/\.d\.([^.]+\.)?[cm]?ts$/.test(path);
}

/** What a JavaScript file's name may stand for, in the order in which TypeScript looks. */
const SOURCES_OF: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx", ".js", ".jsx"],
  ".jsx": [".tsx", ".jsx"],
  ".mjs": [".mts", ".mjs"],
  ".cjs": [".cts", ".cjs"],
};

/** What a name without its extension may stand for. */
const IMPLIED = [".ts", ".tsx", ".js", ".jsx", ".json"];

/**
 * The file that a module of TypeScript's imports, where TypeScript looks further than Node does: `paths`, `./order` and
 * `./order.js` for `order.ts`, and folders. `undefined`: Node finds what there is.
 */
export function sourceOf(specifier: string, from: string, { aliases, tsconfig }: Settings): string | undefined {
  if (isBuiltin(specifier)) return undefined;
  const suffixes = tsconfig?.config.compilerOptions?.moduleSuffixes;
  const at = (path: string) => sourceAt(path, suffixes);
  if (specifier.startsWith("file:")) return at(fileURLToPath(specifier));
  if (/^\.{0,2}\//.test(specifier) || /^\.{1,2}$/.test(specifier)) return at(resolve(dirname(from), specifier));
  for (const path of aliases(specifier)) {
    const found = at(path);
    if (found) return found;
  }
  return undefined;
}

/** The file that a path stands for, as TypeScript looks for one. `suffixes` go before a name's extension, best first. */
export function sourceAt(path: string, suffixes: readonly string[] = [""]): string | undefined {
  const extension = extname(path);
  const bare = path.slice(0, path.length - extension.length);
  const first = (bare: string, extensions: readonly string[]) =>
    extensions.flatMap((ending) => suffixes.map((suffix) => bare + suffix + ending)).find(isFile);
  const source = first(bare, SOURCES_OF[extension] ?? []);
  if (source) return source;
  if (extension !== "" && !/\.d\.[cm]?ts$/.test(path)) {
    const exact = first(bare, [extension]);
    if (exact) return exact;
  }
  return first(path, IMPLIED) ?? first(join(path, "index"), IMPLIED);
}

/**
 * The file that Node was led to by package.json, by a `#name` or the package's own name, and did not find: it may be there in
 * TypeScript. Takes the error that `require.resolve` threw.
 */
export function sourceSought(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  const [, path] = code === "MODULE_NOT_FOUND" ? (/^Cannot find module '(\/.+?)'$/m.exec(message) ?? []) : [];
  return path === undefined ? undefined : sourceAt(path);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
