import { join, resolve } from "node:path";
import { runChecks } from "../check/checks.ts";
import {
  type Code,
  type Diagnostic,
  type Sources,
  sortDiagnostics,
  uniqueDiagnostics,
} from "../diagnostics/diagnostics.ts";
import { emit } from "../emit/index.ts";
import { checkHistory, type History } from "../lock/check-history.ts";
import { applyLock, createLockMemory, LOCK_FILE, type LockMemory, numberUseCases } from "../lock/lock.ts";
import type { Lock, LockParts } from "../lock/lock-file.ts";
import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { createMemory, type ReadingMemory, rememberTypes } from "../read/memory.ts";
import { openProject, type Project } from "../read/open-project.ts";
import { type ProjectReading, readProject, uncheckedModules } from "../read/project.ts";
import { installationFiles } from "../read/stamp.ts";
import { readText } from "../read/text.ts";
import { confirmErrors } from "../read/type-check/confirm-errors.ts";
import { checkTypes, type TypeCheck } from "../read/type-check/type-errors.ts";
import { CONFIG_FILE } from "./emitter-messages.ts";
import { createProjectEmitters, type ProjectEmitters } from "./project-emitters.ts";

export interface CompileOptions {
  /** The folder that holds `usecases/` and `contracts.lock.json`. */
  readonly root: string;
  /** Whether TypeScript's own errors are looked for too, by a `tsc` that runs beside the reading. Default true. */
  readonly types?: boolean;
  /** A search for them in all modules that was started before, since the memory knows none. */
  readonly typeCheck?: TypeCheck | undefined;
  /** Texts that stand for what the disk holds, by absolute path: of files that an editor has not saved. */
  readonly unsaved?: ReadonlyMap<string, string>;
  /** Ends the search for TypeScript's errors: then none is said to be found. */
  readonly signal?: AbortSignal;
  /** What earlier commits say of the lock, which is of that text. Default: nothing is known of any. */
  readonly history?: (lockText: string | undefined) => History | undefined;
  /** What is known from before, and is added to. Default: nothing, and nothing is kept. */
  readonly memory?: CompileMemory;
  /**
   * Told of use cases as soon as they are known, numbers filled in, while others are still being read. A fault may yet
   * be found, and a use case may come again: then what was said before is void.
   */
  readonly onUseCases?: (useCases: readonly UseCase[]) => void;
  /** The project's own, which run once no error is found. Default: none run. */
  readonly emitters?: ProjectEmitters | undefined;
}

/** What earlier compilations of a project found out: only what changed since is worked out again. */
export interface CompileMemory {
  readonly reading: ReadingMemory;
  readonly lock: LockMemory;
}

/** `parts`: of locks that the project's is held against. */
export function createCompileMemory(parts?: LockParts): CompileMemory {
  return { reading: createMemory(), lock: createLockMemory(parts) };
}

/** All that is known of a project before anything is emitted. */
export interface Analysis {
  /** Those that could be read, by name. */
  readonly useCases: readonly UseCase[];
  /** `contracts.lock.json`; `undefined` if there is an error. */
  readonly lock: Output | undefined;
  /** What the project's own emitters wrote; none if there is an error. */
  readonly ofProject: readonly Output[];
  /** What it says; with an error, what it says as it is. `undefined`: it can't be read. */
  readonly locked: Lock | undefined;
  /** By file, then line. */
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute paths of the files that all of this follows from, besides the compiler's own; complete if there is no fault. */
  readonly inputs: readonly string[];
  /** The texts that the diagnostics point into, by their spans' `file`: what `formatPretty` prints frames from. */
  readonly sources: Sources;
}

export interface Compilation extends Analysis {
  /** All files of `generated/`, and `contracts.lock.json`; none if there is an error. */
  readonly outputs: readonly Output[];
}

/** Reads and checks all use cases below `root`, and emits what follows from them. Writes no output: its caller does. */
export async function compile(options: CompileOptions): Promise<Compilation> {
  const emitters = options.emitters ?? createProjectEmitters(options.root);
  try {
    const analysis = await analyse({ ...options, emitters });
    const { useCases, lock, ofProject } = analysis;
    return { ...analysis, outputs: lock ? [...emit(useCases), lock, ...ofProject] : [] };
  } finally {
    if (!options.emitters) await emitters.close();
  }
}

/** Reads and checks all use cases below `root`, for a caller that emits by itself. */
export async function analyse(options: CompileOptions): Promise<Analysis> {
  const {
    root,
    types = true,
    unsaved,
    signal,
    history,
    memory = createCompileMemory(),
    onUseCases,
    emitters,
  } = options;
  emitters?.start();
  const project = openProject(root, unsaved);
  const unchecked = types ? uncheckedModules(project, memory.reading) : [];
  const { typeCheck = checkTypes({ ...project, files: unchecked }, signal) } = options;
  const lock = readText(project.root, LOCK_FILE);
  const known = history?.(lock.text);
  const reading = readProject(
    project,
    memory.reading,
    onUseCases && ((useCases) => onUseCases(numberUseCases(useCases, lock.text, memory.lock))),
  );
  const byName = [...reading.useCases].sort((a, b) => (a.name < b.name ? -1 : 1));
  const { useCases, lockText, lock: locked, diagnostics: ofLock } = applyLock(byName, lock.text, memory.lock);
  const found = [
    ...project.diagnostics,
    ...reading.diagnostics,
    ...lock.diagnostics,
    ...(known && lock.diagnostics.length === 0 ? checkHistory(lock.text, known) : []),
    ...ofLock,
    ...runChecks(useCases),
  ];
  const confirmed = confirmErrors(project, await typeCheck.errors, typeCheck.files);
  const typeErrors = confirmed.errors;
  if (!signal?.aborted) rememberTypes(memory.reading, project.root, typeCheck, confirmed);
  const ofUseCases = [...found, ...unsaid(typeErrors, found)];
  const emitted = hasError(ofUseCases) ? undefined : await emitters?.emit(useCases);
  for (const [path, stamp] of emitted?.inputs ?? []) {
    if (!memory.reading.stamps.has(path)) memory.reading.stamps.set(path, stamp);
  }
  const diagnostics = sortDiagnostics(uniqueDiagnostics([...ofUseCases, ...(emitted?.diagnostics ?? [])]));
  const failed = hasError(diagnostics);
  const sources = new Map([...project.sources, ...reading.sources, [LOCK_FILE, lock.text ?? ""]]);
  return {
    useCases,
    lock: failed ? undefined : { path: LOCK_FILE, text: lockText },
    ofProject: emitted?.outputs ?? [],
    locked,
    diagnostics,
    inputs: inputsOf(project, memory.reading, reading),
    sources: mentioned(diagnostics, sources),
  };
}

function hasError(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

function inputsOf({ root, settingsFiles, ambient }: Project, { stamps }: ReadingMemory, { sources }: ProjectReading) {
  // Of what is at fault nothing is remembered.
  const own = Array.from(sources.keys(), (file) => resolve(root, file).replaceAll("\\", "/"));
  return [
    ...new Set([
      ...settingsFiles,
      ...installationFiles(root),
      ...ambient.all,
      join(root, CONFIG_FILE),
      ...stamps.keys(),
      ...own,
    ]),
  ];
}

/** Where one of these is found, type errors are its consequences. */
const PROJECT_WIDE: ReadonlySet<Code> = new Set([
  "bad-tsconfig",
  "package-not-found",
  "unreadable-file",
  "linked-file",
]);

/** Type errors of files in which the compiler itself found nothing: one fault is told once, in its better words. */
function unsaid(typeErrors: readonly Diagnostic[], diagnostics: readonly Diagnostic[]): Diagnostic[] {
  if (diagnostics.some(({ code }) => PROJECT_WIDE.has(code))) return [];
  const files = new Set(diagnostics.filter(({ severity }) => severity === "error").map(({ span }) => span.file));
  return typeErrors.filter(({ span }) => !files.has(span.file));
}

/** The texts that there is something to be said of. */
function mentioned(diagnostics: readonly Diagnostic[], sources: Sources): Sources {
  const spans = diagnostics.flatMap(({ span, related = [] }) => [span, ...related.map((other) => other.span)]);
  const files = new Set(spans.map(({ file }) => file));
  return new Map([...sources].filter(([file]) => files.has(file)));
}
