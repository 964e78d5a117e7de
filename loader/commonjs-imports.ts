import { readFileSync } from "node:fs";
import { dirname, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { packageType, type Settings } from "./tsconfig.ts";

/** Marks the URL of a module that stands for one of CommonJS; the names that are imported of it follow. */
const MARK = "?fivefold-commonjs=";

interface Importing {
  readonly specifier: string;
  /** The TypeScript module that imports it. */
  readonly from: string;
  readonly settings: Settings;
}

/**
 * The URL of a module that offers what an ES module imports of one of CommonJS, as its types tell it. Node offers the names
 * that it reads from the text, which of many packages are none (`lodash`); and for the default all of `module.exports`, where
 * bundlers take `exports.default` of what was an ES module once. `undefined`: it is no CommonJS, or Node's own way does.
 */
export function commonJsImport(
  url: string,
  format: string | null | undefined,
  importing: Importing,
): string | undefined {
  if (!url.startsWith("file:") || !isCommonJs(fileURLToPath(url), format)) return undefined;
  const names = importedNames(readFileSync(importing.from, "utf8"), importing.specifier);
  if (names.size === 0 || (names.size === 1 && names.has("default") && !isBundled(importing.settings)))
    return undefined;
  const mode = isBundled(importing.settings) ? "bundler" : "node";
  return `${url}${MARK}${encodeURIComponent(JSON.stringify([mode, ...[...names].sort()]))}`;
}

/** The source of a module that `commonJsImport` named; `undefined`: that URL is of another. */
export function commonJsModule(url: string): string | undefined {
  const at = url.indexOf(MARK);
  if (at < 0) return undefined;
  const path = JSON.stringify(fileURLToPath(url.slice(0, at)));
  const [mode, ...names] = JSON.parse(decodeURIComponent(url.slice(at + MARK.length))) as string[];
  const isDefault = mode === "bundler" ? "all?.__esModule && 'default' in all ? all.default : all" : "all";
  const exports = names
    .filter((name) => name !== "default")
    .map((name, i) => `const v${i} = all?.[${JSON.stringify(name)}]; export { v${i} as ${name} };`);
  return [
    `import { createRequire } from "node:module";`,
    `const all = createRequire(${path})(${path});`,
    `export default ${isDefault};`,
    ...exports,
  ].join("\n");
}

/** Where package.json says nothing, Node looks whether a file has what only ES modules have. */
function isCommonJs(path: string, format: string | null | undefined): boolean {
  if (format === "commonjs" || extname(path) === ".cjs") return true;
  if (format || extname(path) !== ".js") return false;
  const type = packageType(dirname(path));
  return type === "commonjs" || (type === undefined && !MODULE_SYNTAX.test(readFileSync(path, "utf8")));
}

const MODULE_SYNTAX =
  /^\s*(import\s*["'{*\w$]|export\s*[{*\w$])|\bimport\.meta\b|[;}]\s*(import\s*["'{*]|import\s+[\w$]+\s+from\b|export\s*[{*]|export\s+\w)/m;

function isBundled({ tsconfig }: Settings): boolean {
  const { module = "", moduleResolution = "" } = tsconfig?.config.compilerOptions ?? {};
  return /^(es|preserve)/i.test(module) || /^bundler$/i.test(moduleResolution);
}

/** All names that a module's text takes from another one. One too many is undefined, and nobody asks for it. */
function importedNames(text: string, specifier: string): Set<string> {
  const names = new Set<string>();
  const quoted = `["']${specifier.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&")}["']`;
  for (const [, clause = ""] of text.matchAll(
    new RegExp(`\\b(?:import|export)\\b([^;"'=]*?)\\bfrom\\s*${quoted}`, "g"),
  )) {
    const space = /\*\s*as\s+([\w$]+)/.exec(clause)?.[1];
    if (space)
      for (const [, name = ""] of text.matchAll(new RegExp(`\\b${space.replaceAll("$", "\\$")}\\??\\.([\\w$]+)`, "g")))
        names.add(name);
    const [before = "", braced = ""] = clause.split("{");
    if (/^\s*(?!type\b)[\w$]/.test(before)) names.add("default");
    for (const one of braced.split("}")[0]?.split(",") ?? []) {
      const [name = ""] = one
        .replace(/\/\*.*?\*\/|\/\/.*$/gms, "")
        .trim()
        .replace(/^type\s+(?=[\w$])/, "")
        .split(/\s+as\s+/);
      if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) names.add(name);
    }
  }
  return names;
}
