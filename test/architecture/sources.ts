import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { ts } from "ts-morph";

/** One import, export-from, dynamic import or `new URL("./x.ts", import.meta.url)`; type imports count. */
export interface Import {
  readonly specifier: string;
  /** The repository file that it names, or `null` for a package. */
  readonly target: string | null;
}

export interface Source {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const FILE_URL = /new URL\(\s*"(\.[^"]+)"\s*,\s*import\.meta\.url\s*\)/g;

/** Reads one source's imports. `exports` is package.json's, for imports of the package by its own name. */
export function parseSource(path: string, text: string, exports: Readonly<Record<string, string>>): Source {
  const specifiers = [
    ...ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName),
    ...Array.from(text.matchAll(FILE_URL), (match) => match[1] as string),
  ];
  const imports = specifiers.map((specifier) => ({ specifier, target: resolve(path, specifier, exports) }));
  return { path, text, imports };
}

function resolve(from: string, specifier: string, exports: Readonly<Record<string, string>>): string | null {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  if (specifier !== "fivefold" && !specifier.startsWith("fivefold/")) return null;
  return posix.normalize(exports[`.${specifier.slice("fivefold".length)}`] ?? `no export ${specifier}`);
}

/** All TypeScript of the repository. Scenarios are the compiler's input, often wrong on purpose, and no part of it. */
export function readSources(root: string, exports: Readonly<Record<string, string>>): Source[] {
  const skipped = /^(node_modules|dist|coverage|test\/scenarios)$|(^|\/)\.[^/]*$/;
  const paths: string[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (skipped.test(path)) continue;
      if (entry.isDirectory()) visit(path);
      else if (/\.[cm]?tsx?$/.test(path)) paths.push(path);
    }
  };
  visit("");
  return paths.sort().map((path) => parseSource(path, readFileSync(join(root, path), "utf8"), exports));
}
