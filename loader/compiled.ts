import { hash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, relative } from "node:path";
import type { Transpiled, TranspileOptions, transpile } from "./transpile.ts";

/** The file that holds TypeScript's emitter. Of the published package, which is built, its name ends in `.js`. */
const EMITTER = `../loader/transpile${extname(import.meta.filename)}`;

/** Changes with what is made of a module. */
const EDITION = 2;

export type Compile = (text: string, options: TranspileOptions) => string;

interface KeepOptions {
  /** A folder where it may be kept already. Default: that same one. */
  readonly from?: string | undefined;
  /** Whether what is kept is for a place where no module will change. Default false. */
  readonly sealed?: boolean;
}

/**
 * Makes JavaScript of modules, and keeps it in a folder: TypeScript takes a fifth of a second to load, and milliseconds a
 * module. What can't be kept is made again.
 */
export function createCompile(
  folder: string | undefined,
  { from = folder, sealed = false }: KeepOptions = {},
): Compile {
  return (text, options) => {
    const name = `${keyOf(text, options)}.js`;
    const place = dirname(options.path);
    const code = from && readKept(join(from, name), place);
    if (code && from === folder) return code;
    const transpiled = code ? { code, dependencies: [] } : loadEmitter()(text, options);
    if (folder) keep(join(folder, name), place, sealed ? { ...transpiled, dependencies: [] } : transpiled);
    return transpiled.code;
  };
}

/** Settings that say what the JavaScript looks like. */
const SETTINGS = [
  "target",
  "useDefineForClassFields",
  "jsx",
  "jsxImportSource",
  "jsxFactory",
  "jsxFragmentFactory",
  "experimentalDecorators",
  "emitDecoratorMetadata",
  "esModuleInterop",
  "verbatimModuleSyntax",
  "strict",
] as const;

/** Says nothing of where the module lies, so that what is kept holds for a copy of the project, too. */
function keyOf(text: string, { path, format, settings: { tsconfig } }: TranspileOptions): string {
  const settings = SETTINGS.map((name) => tsconfig?.config.compilerOptions?.[name]);
  return hash("sha1", JSON.stringify([EDITION, basename(path), format, settings, text]));
}

let emitter: typeof transpile | undefined;

/** Loaded where it is needed, and at once: a hook of Node's waits for no promise. */
function loadEmitter() {
  emitter ??= (createRequire(import.meta.url)(EMITTER) as { readonly transpile: typeof transpile }).transpile;
  return emitter;
}

/** Ends what is kept, and names the other modules that it depends on, with their hashes. */
const DEPENDENCIES = "//# dependencies=";

function readKept(file: string, folder: string): string | undefined {
  const kept = readIfThere(file);
  const at = kept?.lastIndexOf(DEPENDENCIES) ?? -1;
  // One that was cut short has no such line.
  if (!kept || at < 0 || !kept.endsWith("]\n")) return undefined;
  const dependencies = JSON.parse(kept.slice(at + DEPENDENCIES.length)) as [path: string, hash: string][];
  return dependencies.every(([path, known]) => hashOf(join(folder, path)) === known) ? kept.slice(0, at) : undefined;
}

function keep(file: string, folder: string, { code, dependencies }: Transpiled): void {
  const hashes = dependencies.map((path) => [relative(folder, path), hashOf(path)]);
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, `${code}${DEPENDENCIES}${JSON.stringify(hashes)}\n`);
    renameSync(draft, file);
  } catch {
    // Where nothing can be kept, the next process makes it again.
  }
}

function hashOf(path: string): string {
  return hash("sha1", readIfThere(path) ?? "");
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
