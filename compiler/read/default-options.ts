import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Relative to the project's root. */
export const TSCONFIG = "tsconfig.json";

/** Settings of a project that has no tsconfig.json, in that file's own terms. */
const DEFAULT_OPTIONS = {
  target: "es2024",
  lib: ["es2024"],
  module: "nodenext",
  moduleResolution: "nodenext",
  moduleDetection: "force",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
} as const;

/** The default options with Node's own types where they are installed. */
export function defaultOptions(root: string): object {
  return { ...DEFAULT_OPTIONS, types: hasNodeTypes(root) ? ["node"] : [] };
}

function hasNodeTypes(root: string): boolean {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "node_modules/@types/node"))) return true;
    if (folder === dirname(folder)) return false;
  }
}
