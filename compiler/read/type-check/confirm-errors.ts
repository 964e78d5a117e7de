import { dirname } from "node:path";
import { ts } from "ts-morph";
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostics.ts";
import { confirmingOptions } from "../check-options.ts";
import type { Project } from "../open-project.ts";
import { rangeSpan } from "../spans.ts";
import { installedTypescript, libFolder } from "../typescript-package.ts";

/** Errors that remain, and what the others were seen to be none by. */
export interface Confirmed {
  readonly errors: readonly Diagnostic[];
  /** Files that were at fault at first, relative to the root, and are not. */
  readonly cleared: ReadonlySet<string>;
  /** Absolute paths of all files of the project that this follows from. */
  readonly inputs: readonly string[];
}

/**
 * Looks again at the files in which the native `tsc` found errors, with what it was not given: all modules that
 * tsconfig.json includes, since a package that one of them imports may declare something for all; and settings that
 * TypeScript 7 has no more. To give it all of a project each time would take as long as the project's own `tsc`. Where
 * a CommonJS module has no default, which the native one gives it, it looks for the use of such too, if it `checked` any files.
 */
export function confirmErrors(project: Project, errors: readonly Diagnostic[], checked: readonly string[]): Confirmed {
  const { root, tsconfig, given, ambient } = project;
  const files = new Set(errors.filter(({ code }) => code === "type-error").map(({ span }) => span.file));
  const isOlder = tsconfig && given && installedTypescript(tsconfig).major < 7;
  const sawAll = ambient.others.length === 0 && !isOlder;
  const options = tsconfig && given ? optionsOf(given, tsconfig) : undefined;
  const lacksDefaults = checked.length > 0 && isOlder && options?.esModuleInterop === false;
  if (!options || (!lacksDefaults && (files.size === 0 || sawAll))) return { errors, cleared: new Set(), inputs: [] };
  const program = createWholeProgram(project, options);
  const found = new Map<string, readonly Diagnostic[]>();
  const wrongDefaults: Diagnostic[] = [];
  try {
    for (const file of files) {
      const source = program.getSourceFile(`${root}/${file}`);
      if (source) found.set(file, errorsOf(project, program, source));
    }
    if (lacksDefaults) wrongDefaults.push(...wrongDefaultsOf(project, program, files));
  } catch (error) {
    // It nests too deeply for this one.
    if (!(error instanceof RangeError)) throw error;
  }
  const remaining = [...files].flatMap((file) => {
    const before = errors.filter(({ code, span }) => code === "type-error" && span.file === file);
    return narrow(before, found.get(file) ?? before);
  });
  const atFault = new Set(remaining.map(({ span }) => span.file));
  const cleared = new Set([...found.keys()].filter((file) => !atFault.has(file)));
  // Of other use cases nothing follows that is not imported.
  const apart = new Set(project.files.map((file) => `${root}/${file}`));
  const own = program.getSourceFiles().map(({ fileName }) => fileName);
  return {
    errors: [...errors.filter(({ code }) => code !== "type-error"), ...remaining, ...wrongDefaults],
    cleared,
    inputs: own.filter((path) => !path.includes("/node_modules/") && !apart.has(path)),
  };
}

/**
 * Of errors of a file, those that the other check has in the same lines: versions differ in the column. Where it tells of
 * them in its own way, as its other codes show, all.
 */
function narrow(before: readonly Diagnostic[], now: readonly Diagnostic[]): readonly Diagnostic[] {
  const codes = new Set(before.map(codeOf));
  if (now.some((error) => !codes.has(codeOf(error)))) return before;
  const lines = new Set(now.map(({ span }) => span.line));
  return before.filter((error) => lines.has(error.span.line) || OF_DECLARATIONS.test(codeOf(error) ?? ""));
}

/** Of what can't be declared, versions differ, and what other modules import changes nothing of it. */
const OF_DECLARATIONS = /TS(4|90)\d+/;

function codeOf({ message }: Diagnostic): string | undefined {
  return /\(TS\d+\)$/.exec(message)?.[0];
}

/** Uses of a default, in files without other errors, that only `esModuleInterop` gives to a CommonJS module. */
function wrongDefaultsOf(project: Project, program: ts.Program, atFault: ReadonlySet<string>): Diagnostic[] {
  const { root } = project;
  const sources = program.getSourceFiles().filter(({ fileName, isDeclarationFile, text }) => {
    const isOwn = fileName.startsWith(`${root}/`) && !fileName.includes("/node_modules/") && !isDeclarationFile;
    return isOwn && !atFault.has(fileName.slice(root.length + 1)) && MAY_USE_DEFAULT.test(text);
  });
  return sources
    .flatMap((source) => errorsOf(project, program, source))
    .filter(({ message }) => OF_DEFAULT.test(message));
}

const MAY_USE_DEFAULT = /^\s*import\s+[\w$*]|\bdefault\s+as\b|\bimport\(/m;
/** It can be imported with `esModuleInterop` only; it has none; it is no member of the module, or of what `import()` gives. */
const OF_DEFAULT = /\(TS(1259|1192)\)$|'default'.*\(TS\d+\)$/s;

function optionsOf(given: ts.CompilerOptions, tsconfig: string): ts.CompilerOptions {
  return {
    ...given,
    ...ts.convertCompilerOptionsFromJson(confirmingOptions(tsconfig, given), dirname(tsconfig)).options,
  };
}

function createWholeProgram({ root, files, ambient, unsaved }: Project, options: ts.CompilerOptions) {
  const host = ts.createCompilerHost(options);
  const library = libFolder();
  const rootNames = [...files.map((file) => `${root}/${file}`), ...ambient.all, ...ambient.others];
  return ts.createProgram({
    rootNames,
    options,
    host: {
      ...host,
      getDefaultLibLocation: () => library,
      getDefaultLibFileName: (of) => `${library}/${ts.getDefaultLibFileName(of)}`,
      readFile: (path) => unsaved.get(path) ?? host.readFile(path),
    },
  });
}

function errorsOf({ root }: Project, program: ts.Program, source: ts.SourceFile): Diagnostic[] {
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  if (program.getCompilerOptions().declaration) found.push(...program.getDeclarationDiagnostics(source));
  return found.map(({ code, messageText, start = 0, length = 0 }) =>
    diagnostic("type-error", rangeSpan(root, source, start, start + length), {
      code: `TS${code}`,
      reason: ts.flattenDiagnosticMessageText(messageText, "\n").replaceAll(`${root}/`, ""),
    }),
  );
}
