import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ts } from "ts-morph";
import { type Diagnostic, diagnostic, type Sources } from "../diagnostics.ts";
import { findSources } from "./find-files.ts";
import { fileSpan, rangeSpan } from "./spans.ts";

/** Below the root, the folder of use cases. */
export const USE_CASES = "usecases";

/** What there is to read. */
export interface Project {
  /** Absolute, with forward slashes. */
  readonly root: string;
  /** All modules below `usecases/`, relative to the root. */
  readonly files: readonly string[];
  /** Of the project, or the compiler's own where it has none. */
  readonly tsconfig: string | undefined;
  readonly options: ts.CompilerOptions;
  readonly diagnostics: readonly Diagnostic[];
  /** The text of tsconfig.json, if there is one. */
  readonly sources: Sources;
}

/** Settings of a project that has no tsconfig.json, in that file's own terms. */
export const DEFAULT_OPTIONS = {
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

export function openProject(root: string): Project {
  const absolute = forwardSlashes(resolve(root));
  const files = findSources(absolute, USE_CASES);
  return { root: absolute, files, ...readConfig(absolute) };
}

/** The default options with Node's own types where they are installed. */
export function defaultOptions(root: string): object {
  return { ...DEFAULT_OPTIONS, types: hasNodeTypes(root) ? ["node"] : [] };
}

type Config = Pick<Project, "tsconfig" | "options" | "diagnostics" | "sources">;

/** The project's tsconfig.json. Where it can't be read, or there is none, the default options hold. */
function readConfig(root: string): Config {
  const path = `${root}/tsconfig.json`;
  const defaults = ts.convertCompilerOptionsFromJson(defaultOptions(root), root).options;
  if (!existsSync(path)) return { tsconfig: undefined, options: defaults, diagnostics: [], sources: new Map() };
  const source = ts.readJsonConfigFile(path, ts.sys.readFile);
  // The program's files are the use cases and what they import, so what tsconfig.json includes is not searched for.
  const parsed = ts.parseJsonSourceFileConfigFileContent(source, { ...ts.sys, readDirectory: () => [] }, root);
  const { error: unparsed } = ts.readConfigFile(path, ts.sys.readFile);
  const diagnostics = (unparsed ? [unparsed] : parsed.errors)
    .filter(({ code }) => code !== NO_INPUTS_FOUND && code !== FILES_LIST_EMPTY)
    .map((error) => configFault(root, error));
  const sources = new Map([["tsconfig.json", source.text]]);
  return { tsconfig: path, options: diagnostics.length > 0 ? defaults : parsed.options, diagnostics, sources };
}

const NO_INPUTS_FOUND = 18003;
const FILES_LIST_EMPTY = 18002;

function configFault(root: string, { messageText, file, start = 0, length = 0 }: ts.Diagnostic): Diagnostic {
  const span = file ? rangeSpan(root, file, start, start + length) : fileSpan("tsconfig.json");
  return diagnostic("bad-tsconfig", span, { reason: ts.flattenDiagnosticMessageText(messageText, "\n") });
}

function hasNodeTypes(root: string): boolean {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "node_modules/@types/node"))) return true;
    if (folder === dirname(folder)) return false;
  }
}

function forwardSlashes(path: string): string {
  return path.replaceAll("\\", "/");
}
