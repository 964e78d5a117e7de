import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createFilesMatcher, parseTsconfig, type TsConfigJsonResolved } from "get-tsconfig";
import { USE_CASES } from "./find-files.ts";

/** Files that tsconfig.json includes and that declare something for all others: `declare global`, `declare module`. */
export interface AmbientFiles {
  /** Absolute, sorted. */
  readonly all: readonly string[];
  /** Those that say something of modules, which events may import from. */
  readonly ofModules: readonly string[];
  /**
   * All others that it includes, besides use cases: modules that declare nothing by themselves. A package that one of them
   * imports may declare something for all.
   */
  readonly others: readonly string[];
}

const NONE: AmbientFiles = { all: [], ofModules: [], others: [] };

/** Finds them where `tsc` would: below what `include` names, and among `files`. */
export function findAmbientFiles(root: string, tsconfig: string | undefined): AmbientFiles {
  if (tsconfig === undefined) return NONE;
  let config: TsConfigJsonResolved;
  try {
    config = parseTsconfig(tsconfig);
  } catch {
    // What the matter is with it, whoever reads it for good will say.
    return NONE;
  }
  const folder = dirname(tsconfig);
  const includes = createFilesMatcher({ path: tsconfig, config });
  const found = new Map<string, Declares>();
  const modules = `${root}/${USE_CASES}/`;
  const add = (path: string) => {
    if (!/\.([cm]?[jt]s|[jt]sx)$/.test(path) || found.has(path) || !includes(path)) return;
    // Use cases are read anyway.
    if (path.startsWith(modules) && !isDeclarationFile(path)) return;
    found.set(path, isJavaScript(path) ? "nothing" : whatItDeclares(path));
  };
  const { outDir } = config.compilerOptions ?? {};
  const skipped = [`${root}/generated`, ...(outDir ? [resolve(folder, outDir).replaceAll("\\", "/")] : [])];
  for (const file of config.files ?? []) add(resolve(folder, file).replaceAll("\\", "/"));
  const patterns = config.include ?? (config.files ? [] : ["**/*"]);
  const bases = new Set(patterns.map((pattern) => baseOf(folder, pattern)));
  for (const base of bases) visit(base, add, skipped);
  const those = (...kinds: readonly Declares[]) =>
    [...found.keys()].filter((path) => kinds.includes(found.get(path)!)).sort();
  return { all: those("globals", "modules"), ofModules: those("modules"), others: those("nothing") };
}

/** The folder, or file, that a pattern's matches are below. */
function baseOf(folder: string, pattern: string): string {
  const [fixed = ""] = /^[^*?]*(?=\/[^/]*[*?])|^[^*?]*$/.exec(pattern) ?? [];
  return resolve(folder, fixed).replaceAll("\\", "/");
}

function visit(path: string, add: (path: string) => void, skipped: readonly string[]): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile()) add(path);
  if (!stats?.isDirectory()) return;
  for (const entry of entriesOf(path)) {
    const child = `${path}/${entry.name}`;
    if (entry.isFile()) add(child);
    else if (entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name) && !skipped.includes(child)) {
      visit(child, add, skipped);
    }
  }
}

function entriesOf(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isJavaScript(path: string): boolean {
  return /\.([cm]?js|jsx)$/.test(path);
}

function isDeclarationFile(path: string): boolean {
  return /\.d\.([^.]+\.)?[cm]?ts$/.test(path);
}

type Declares = "nothing" | "globals" | "modules";

/** By a file's path, time and size: `build --watch` asks again and again. */
const known = new Map<string, { readonly state: string; readonly declares: Declares }>();

function whatItDeclares(path: string): Declares {
  const { mtimeMs, size, ino } = statSync(path);
  const state = `${mtimeMs} ${size} ${ino}`;
  const before = known.get(path);
  if (before?.state === state) return before.declares;
  const declares = declaredBy(readFileSync(path, "utf8"), isDeclarationFile(path));
  known.set(path, { state, declares });
  return declares;
}

function declaredBy(text: string, isDeclaration: boolean): Declares {
  // A pattern, `*.html`, stands for no module that has an event.
  if (/\bdeclare\s+module\s+["'][^*"']+["']/.test(text)) return "modules";
  const isScript = !/^\s*(import|export)\b/m.test(text);
  return isDeclaration || isScript || /\bdeclare\s+(global|module)\b/.test(text) ? "globals" : "nothing";
}
