import { readFileSync } from "node:fs";
import { ts } from "ts-morph";
import { type Code, type Diagnostic, diagnostic, type Sources } from "../diagnostics/diagnostics.ts";
import type { UseCase } from "../model/model.ts";
import { createEvaluate } from "./constants/evaluate.ts";
import { createFeeds } from "./feeds.ts";
import { linkedFile, USE_CASES } from "./find-files.ts";
import { createGeneratedCheck } from "./generated-imports.ts";
import { leaveOutHandlers } from "./handler-bodies.ts";
import { createLoadableCheck } from "./loadable.ts";
import { createMemory, forgetChanged, type ReadingMemory, remember } from "./memory.ts";
import type { Project } from "./open-project.ts";
import { createProgram, type ProgramOptions } from "./program.ts";
import { createReading, packageSpecifiers, type Reading } from "./reading.ts";
import { fileSpan, pathOf, rangeSpan } from "./spans.ts";
import { reasonOf } from "./text.ts";
import { readUseCase } from "./use-case.ts";

export interface ProjectReading {
  /** Those without fault, by file. */
  readonly useCases: readonly UseCase[];
  readonly diagnostics: readonly Diagnostic[];
  /** The texts of the modules that were read this time, and of the project's own that they import. */
  readonly sources: Sources;
  /** The modules below `usecases/` that were read this time; what was remembered of the others still holds. */
  readonly read: readonly string[];
}

/**
 * Reads all use cases of a project, as far as `memory` does not know them already. Runs none of their code.
 *
 * Most events mention nothing of what is declared globally (Node's types are by far the largest part of a program), so
 * it is left out at first. Where something is at fault that it may fix, all is read again in full.
 */
export function readProject(
  project: Project,
  memory: ReadingMemory = createMemory(),
  onUseCases: OnUseCases = () => {},
): ProjectReading {
  const read = unreadModules(project, memory);
  onUseCases([...memory.modules.values()].map(({ useCase }) => useCase).filter((useCase) => !!useCase));
  const attempt = readModules(project, read, { ambientTypes: false }, onUseCases);
  const complete = attempt?.diagnostics.every(({ code }) => !MAY_BE_AMBIENT.has(code));
  const { diagnostics, useCases, program, sources } =
    attempt && complete ? attempt : readModules(project, read, { ambientTypes: true }, onUseCases)!;
  if (program) remember(memory, { root: project.root, program }, useCases, diagnostics);
  const all = project.files.map((file) => useCases.get(file) ?? memory.modules.get(file)?.useCase);
  return {
    useCases: all.filter((useCase) => !!useCase),
    diagnostics: [...diagnostics, ...noUseCases(project, all, diagnostics)],
    sources,
    read,
  };
}

/** The modules that have to be read: those that `memory` doesn't know, and those for which something changed since. */
function unreadModules(project: Project, memory: ReadingMemory): string[] {
  forgetChanged(memory, project);
  return project.files.filter((file) => !memory.modules.has(file));
}

/** The modules that `tsc` has to see, for the same reasons, or since it found them at fault the last time. */
export function uncheckedModules(project: Project, memory: ReadingMemory): string[] {
  forgetChanged(memory, project);
  return project.files.filter((file) => !memory.modules.get(file)?.typed);
}

const MAY_BE_AMBIENT: ReadonlySet<Code> = new Set([
  "unresolved-type",
  "unsupported-type",
  "unsupported-type-of-package",
  "event-not-object",
  "setting-not-constant",
]);

interface ModulesReading {
  /** By file; `undefined` where a module declares none, or is at fault. */
  readonly useCases: ReadonlyMap<string, UseCase | undefined>;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
  readonly program: ts.Program | undefined;
}

/** Is told of use cases some at a time, while others are yet to be read; of the first ones sooner, since it waits for work. */
type OnUseCases = (useCases: readonly UseCase[]) => void;

const FIRST_TIME = 2;
const AT_A_TIME = 25;

/** `undefined`: there is that which can't be told without all that is declared globally. */
function readModules(
  project: Project,
  files: readonly string[],
  options: ProgramOptions,
  onUseCases: OnUseCases,
): ModulesReading | undefined {
  const useCases = new Map<string, UseCase | undefined>();
  if (files.length === 0) return { useCases, diagnostics: [], sources: new Map(), program: undefined };
  const { root } = project;
  const { program, unparsed, links } = createProgram({ ...project, files }, options);
  const own = program.getSourceFiles().filter((source) => isOwn(source, program));
  for (const source of own) leaveOutHandlers(source);
  const reading = createReading(root, program);
  // It asks what is an iterable, a promise and their like, which ES5 does not know.
  if (reading.mayHavePortable && !options.ambientTypes) return undefined;
  const broken = new Set(
    own.filter((source) => reportSyntax(reading, source, unparsed)).map(({ fileName }) => fileName),
  );
  for (const link of links) reading.diagnostics.push(linkedFile(link));
  const evaluate = createEvaluate(reading);
  const findFeeds = createFeeds(reading, root, project.files);
  const checkLoadable = createLoadableCheck(reading);
  const checkGenerated = createGeneratedCheck(reading, project.files);
  let untold: UseCase[] = [];
  let atOnce = FIRST_TIME;
  for (const file of links.length === 0 && packageIsFound(reading, own) ? files : []) {
    const source = program.getSourceFile(`${root}/${file}`);
    if (!source) reading.report("unreadable-file", fileSpan(file), { reason: whyUnreadable(`${root}/${file}`) });
    if (!source || broken.has(source.fileName)) continue;
    checkGenerated(source);
    checkLoadable(source);
    let useCase: UseCase | undefined;
    try {
      useCase = readUseCase(reading, evaluate, source, file, project, findFeeds);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      reading.report("syntax-error", fileSpan(file), { reason: TOO_MUCH });
      // TypeScript's checker was in the midst of something: what it says from here on can't be relied on.
      break;
    }
    useCases.set(file, useCase);
    if (useCase) untold.push(useCase);
    if (untold.length < atOnce) continue;
    onUseCases(untold);
    untold = [];
    atOnce = Math.min(AT_A_TIME, 2 * atOnce);
  }
  onUseCases(untold);
  return { useCases, diagnostics: reading.diagnostics, sources: textsOf(own, root), program };
}

const TOO_MUCH = "types or values in it nest too deeply, or grow too large, to be worked out";

/** A project without use cases is at fault, unless other faults explain it. */
function noUseCases(
  project: Project,
  useCases: readonly (UseCase | null | undefined)[],
  diagnostics: readonly Diagnostic[],
): Diagnostic[] {
  if (useCases.some((useCase) => !!useCase) || diagnostics.length + project.diagnostics.length > 0) return [];
  return [diagnostic("no-use-cases", fileSpan(USE_CASES), { folder: USE_CASES })];
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
