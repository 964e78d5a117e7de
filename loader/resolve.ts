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
export function sourceOf(specifier: string, from: string, { aliases }: Settings): string | undefined {
  if (isBuiltin(specifier)) return undefined;
  if (specifier.startsWith("file:")) return sourceAt(fileURLToPath(specifier));
  if (/^\.{0,2}\//.test(specifier) || /^\.{1,2}$/.test(specifier)) return sourceAt(resolve(dirname(from), specifier));
  for (const path of aliases(specifier)) {
    const found = sourceAt(path);
    if (found) return found;
  }
  return undefined;
}

/** The file that a path stands for, as TypeScript looks for one. */
export function sourceAt(path: string): string | undefined {
  const extension = extname(path);
  const bare = path.slice(0, path.length - extension.length);
  for (const source of SOURCES_OF[extension] ?? []) if (isFile(bare + source)) return bare + source;
  if (extension !== "" && !/\.d\.[cm]?ts$/.test(path) && isFile(path)) return path;
  for (const implied of IMPLIED) if (isFile(path + implied)) return path + implied;
  for (const implied of IMPLIED) {
    const index = join(path, `index${implied}`);
    if (isFile(index)) return index;
  }
  return undefined;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
