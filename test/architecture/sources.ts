import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { ts } from "ts-morph";

/** One import, export-from or dynamic import; type imports count. */
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
  /** What its strings name beside itself, `*` for a part that varies: programs that it starts by their path. */
  readonly mentions: readonly string[];
}

/** Reads one source's imports. `exports` is package.json's, for imports of the package by its own name. */
export function parseSource(path: string, text: string, exports: Readonly<Record<string, string>>): Source {
  const imports = ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName: specifier }) => ({ specifier, target: resolve(path, specifier, exports) }));
  const mentions = Array.from(text.matchAll(/["`]((?:[\w./-]|\$\{\w+\})+\.ts)["`]/g), ([, name = ""]) =>
    posix.join(posix.dirname(path), name.replaceAll(/\$\{\w+\}/g, "*")),
  );
  return { path, text, imports, mentions };
}

function resolve(from: string, specifier: string, exports: Readonly<Record<string, string>>): string | null {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  if (specifier !== "fivefold" && !specifier.startsWith("fivefold/")) return null;
  return posix.normalize(exports[`.${specifier.slice("fivefold".length)}`] ?? `no export ${specifier}`);
}

/** All code of the repository. Scenarios are the compiler's input, often wrong on purpose, and no part of it. */
export function readSources(root: string, exports: Readonly<Record<string, string>>): Source[] {
  const skipped = /^(node_modules|dist|examples|coverage|test\/scenarios)$|(^|\/)\.[^/]*$/;
  const paths: string[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (skipped.test(path)) continue;
      if (entry.isDirectory()) visit(path);
      else if (/\.[cm]?[jt]sx?$/.test(path)) paths.push(path);
    }
  };
  visit("");
  return paths.sort().map((path) => parseSource(path, readFileSync(join(root, path), "utf8"), exports));
}
