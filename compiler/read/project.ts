import { readFileSync } from "node:fs";
import { ts } from "ts-morph";
import type { Code, Diagnostic, Sources } from "../diagnostics.ts";
import type { UseCase } from "../model/model.ts";
import { createEvaluate } from "./constants/evaluate.ts";
import { type Project, USE_CASES } from "./open-project.ts";
import { createProgram, type ProgramOptions } from "./program.ts";
import { createReading, packageSpecifiers, type Reading } from "./reading.ts";
import { fileSpan, pathOf, rangeSpan } from "./spans.ts";
import { reasonOf } from "./text.ts";
import { readUseCase } from "./use-case.ts";

export interface ProjectReading {
  /** Those without fault, by file. */
  readonly useCases: readonly UseCase[];
  readonly diagnostics: readonly Diagnostic[];
  /** The texts of the project's own modules. */
  readonly sources: Sources;
}

/**
 * Reads all use cases of a project. Runs none of their code.
 *
 * Most events mention nothing of what is declared globally (Node's types are by far the largest part of a program), so
 * it is left out at first. Where something is at fault that it may mend, all is read again in full.
 */
export function readProject(project: Project): ProjectReading {
  const reading = readProgram(project, { ambientTypes: false });
  const complete = reading.diagnostics.every(({ code }) => !MAY_BE_AMBIENT.has(code));
  return complete ? reading : readProgram(project, { ambientTypes: true });
}

const MAY_BE_AMBIENT: ReadonlySet<Code> = new Set([
  "unresolved-type",
  "unsupported-type",
  "event-not-object",
  "setting-not-constant",
]);

function readProgram(project: Project, options: ProgramOptions): ProjectReading {
  const { root, files } = project;
  const { program, unparsed } = createProgram(project, options);
  const reading = createReading(root, program);
  const own = program.getSourceFiles().filter((source) => isOwn(source, program));
  const broken = new Set(
    own.filter((source) => reportSyntax(reading, source, unparsed)).map(({ fileName }) => fileName),
  );
  const evaluate = createEvaluate(reading);
  const useCases: UseCase[] = [];
  for (const file of packageIsFound(reading, own) ? files : []) {
    const source = program.getSourceFile(`${root}/${file}`);
    if (!source) reading.report("unreadable-file", fileSpan(file), { reason: whyUnreadable(`${root}/${file}`) });
    if (!source || broken.has(source.fileName)) continue;
    const useCase = readUseCase(reading, evaluate, source, file);
    if (useCase) useCases.push(useCase);
  }
  if (useCases.length + reading.diagnostics.length + project.diagnostics.length === 0) {
    reading.report("no-use-cases", fileSpan(USE_CASES), { folder: USE_CASES });
  }
  return { useCases, diagnostics: reading.diagnostics, sources: textsOf(own, root) };
}

/** Whether people of this project wrote it: packages and declaration files are others' work. */
function isOwn(source: ts.SourceFile, program: ts.Program): boolean {
  return !source.isDeclarationFile && !program.isSourceFileFromExternalLibrary(source);
}

/** Reports a module's first syntax error: those behind it are mostly its consequences. */
function reportSyntax(reading: Reading, source: ts.SourceFile, unparsed: ReadonlySet<string>): boolean {
  if (unparsed.has(source.fileName)) {
    const reason = "expressions or types in it nest too deeply to be parsed";
    reading.report("syntax-error", fileSpan(pathOf(reading.root, source)), { reason });
    return true;
  }
  const [first] = reading.program.getSyntacticDiagnostics(source);
  if (!first) return false;
  const span = rangeSpan(reading.root, source, first.start, first.start + first.length);
  reading.report("syntax-error", span, { reason: ts.flattenDiagnosticMessageText(first.messageText, "\n") });
  return true;
}

/** Reports the first module that can't see the package: the others' fault is the same. */
function packageIsFound(reading: Reading, sources: readonly ts.SourceFile[]): boolean {
  for (const specifier of sources.flatMap(packageSpecifiers)) {
    if (reading.checker.getSymbolAtLocation(specifier)) continue;
    reading.report("package-not-found", reading.span(specifier), { specifier: specifier.text });
    return false;
  }
  return true;
}

function whyUnreadable(path: string): string {
  try {
    readFileSync(path);
    return "it is no text";
  } catch (error) {
    return reasonOf(error);
  }
}

function textsOf(sources: readonly ts.SourceFile[], root: string): Sources {
  return new Map(sources.map((source) => [pathOf(root, source), source.text]));
}
