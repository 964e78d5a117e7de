import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ts } from "ts-morph";
import { type Format, formatOf } from "../../loader/format.ts";
import { createSettingsFinder, tsconfigFor } from "../../loader/tsconfig.ts";
import { type Diagnostic, diagnostic, type Sources, type Span } from "../diagnostics/diagnostics.ts";
import type { UseCase } from "../model/model.ts";
import { type AmbientFiles, findAmbientFiles } from "./ambient-files.ts";
import { checkOptions } from "./check-options.ts";
import { findSources, linkedFile, USE_CASES } from "./find-files.ts";
import { strayLink } from "./links.ts";
import { absoluteRoot } from "./root.ts";
import { settingErrors } from "./setting-errors.ts";
import { fileSpan, rangeSpan } from "./spans.ts";
import { installationFiles, stampOf } from "./stamp.ts";
import { readText } from "./text.ts";

/** What ends the name of a module that another imports: `./codec.ts`, `./codec.js` or `./codec`, as the project's `tsc` takes it. */
function importEndingOf(options: ts.CompilerOptions): UseCase["importEnding"] {
  if (options.allowImportingTsExtensions || options.rewriteRelativeImportExtensions) return ".ts";
  const { module = ts.ModuleKind.ESNext, moduleResolution } = options;
  const isNodes = module >= ts.ModuleKind.Node16 && module <= ts.ModuleKind.NodeNext;
  const finds = moduleResolution ?? (isNodes ? ts.ModuleResolutionKind.NodeNext : ts.ModuleResolutionKind.Bundler);
  return finds === ts.ModuleResolutionKind.Node16 || finds === ts.ModuleResolutionKind.NodeNext ? ".js" : "";
}

/** What there is to read. */
export interface Project {
  /** Absolute, with forward slashes. */
  readonly root: string;
  /** All modules below `usecases/`, relative to the root. */
  readonly files: readonly string[];
  /** Of the project, or the compiler's own where it has none. */
  readonly tsconfig: string | undefined;
  /** The files that the settings come from: tsconfig.json, also where there is none, and those that it extends. */
  readonly settingsFiles: readonly string[];
  readonly options: ts.CompilerOptions;
  /** What tsconfig.json says itself, where there is one. */
  readonly given: ts.CompilerOptions | undefined;
  /** Of imports in what is generated. */
  readonly importEnding: UseCase["importEnding"];
  /** Whether what is generated is loaded as CommonJS. */
  readonly isCommonJs: boolean;
  /** Files of the project that declare something for all others. */
  readonly ambient: AmbientFiles;
  /** What all that is read of the project depends on: the settings, the installed packages, the compiler itself. */
  readonly identity: string;
  /** Texts that stand for what the disk holds, by absolute path: of files that an editor has not saved. */
  readonly unsaved: ReadonlyMap<string, string>;
  readonly diagnostics: readonly Diagnostic[];
  /** The text of tsconfig.json, if there is one. */
  readonly sources: Sources;
}

export function openProject(root: string, unsaved: ReadonlyMap<string, string> = new Map()): Project {
  const absolute = absoluteRoot(root);
  const { files, diagnostics } = findSources(absolute, USE_CASES);
  const config = readConfig(absolute);
  const ambient = findAmbientFiles(absolute, config.tsconfig);
  const isCommonJs = formatOfGenerated(absolute) === "commonjs";
  const identity = identityOf(absolute, config.options, ambient, unsaved);
  const all = [...diagnostics, ...config.diagnostics];
  return { root: absolute, files, unsaved, ...config, isCommonJs, ambient, identity, diagnostics: all };
}

function formatOfGenerated(root: string): Format {
  const file = `${root}/generated/use-case/executor.ts`;
  try {
    return formatOf(file, createSettingsFinder().of(file));
  } catch {
    // What the matter is with tsconfig.json is said elsewhere.
    return "module";
  }
}

function identityOf(
  root: string,
  options: ts.CompilerOptions,
  { all }: AmbientFiles,
  unsaved: Project["unsaved"],
): string {
  const files = [...installationFiles(root), ...all].map((file) => [file, stampOf(file, unsaved)]);
  return JSON.stringify([ts.version, process.version, options, files]);
}

/** What ends imports of generated modules in that project. */
export function readImportEnding(root: string): UseCase["importEnding"] {
  return readConfig(absoluteRoot(root)).importEnding;
}

type Config = Pick<
  Project,
  "tsconfig" | "settingsFiles" | "options" | "given" | "importEnding" | "diagnostics" | "sources"
>;

/** The project's tsconfig.json. Where it can't be read, or there is none, the default options hold. */
function readConfig(root: string): Config {
  const own = `${root}/${TSCONFIG}`;
  const path = tsconfigFor(root, USE_CASES) ?? own;
  const file = relative(root, path).replaceAll("\\", "/");
  const options = ts.convertCompilerOptionsFromJson(defaultOptions(root), root).options;
  const { text, diagnostics } = readText(root, file);
  if (text === undefined) {
    const none = { tsconfig: undefined, given: undefined, sources: new Map() };
    return { ...none, settingsFiles: [own], options, importEnding: ".ts", diagnostics };
  }
  const source = ts.readJsonConfigFile(path, () => text);
  // The program's files are the use cases and what they import, so what tsconfig.json includes is not searched for.
  const parsed = ts.parseJsonSourceFileConfigFileContent(source, { ...ts.sys, readDirectory: () => [] }, dirname(path));
  const overrides = ts.convertCompilerOptionsFromJson(checkOptions(path), dirname(path)).options;
  const { error: unparsed } = ts.readConfigFile(path, () => text);
  const faults = (unparsed ? [unparsed] : parsed.errors.filter(({ code }) => FATAL.has(code))).map((error) =>
    configFault(root, error),
  );
  const wrong = faults.length > 0 ? [] : settingErrors(path, source, parsed).map((error) => settingFault(root, error));
  const extended = source.extendedSourceFiles ?? [];
  const links = extended.map((file) => strayLink(root, file)).filter((link) => !!link);
  return {
    tsconfig: path,
    settingsFiles: [...new Set([own, path, ...extended])],
    given: parsed.options,
    options: faults.length > 0 ? options : { ...parsed.options, ...overrides },
    importEnding: importEndingOf({ ...parsed.options, ...overrides }),
    diagnostics: links.length > 0 ? links.map(linkedFile) : [...faults, ...wrong],
    sources: new Map([[file, text]]),
  };
}

/**
 * A config that it extends is missing, unreadable, or extends it in turn. What it says of single options is for `tsc` to
 * judge, which may know others than the API that reads here.
 */
const FATAL: ReadonlySet<number> = new Set([5012, 5083, 6053, 18000]);

function configFault(root: string, error: ts.Diagnostic): Diagnostic {
  return diagnostic("bad-tsconfig", spanOfError(root, error), { reason: reasonOfError(root, error) });
}

function settingFault(root: string, error: ts.Diagnostic): Diagnostic {
  const reason = reasonOfError(root, error);
  return diagnostic("type-error", spanOfError(root, error), { code: `TS${error.code}`, reason });
}

function spanOfError(root: string, { file, start = 0, length = 0 }: ts.Diagnostic): Span {
  return file ? rangeSpan(root, file, start, start + length) : fileSpan(TSCONFIG);
}

function reasonOfError(root: string, { messageText }: ts.Diagnostic): string {
  return ts.flattenDiagnosticMessageText(messageText, "\n").replaceAll(`${root}/`, "");
}

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
