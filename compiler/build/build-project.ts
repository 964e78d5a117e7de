import { existsSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { isTyped } from "../read/memory.ts";
import { stampOf } from "../read/stamp.ts";
import { readText } from "../read/text.ts";
import type { TypeCheck } from "../read/type-check/type-errors.ts";
import { findReading, type KeptReading, keepBuild, keepReading, originOf, recallReading } from "./build-cache.ts";
import { type Analysis, analyse, createCompileMemory } from "./compile.ts";
import type { Emitting } from "./emitting.ts";
import { createEmitting } from "./emitting-here.ts";
import { historyOfLock, type KnownHistory } from "./lock-history.ts";
import { type Changes, countChanges } from "./outputs.ts";
import { createProjectEmitters } from "./project-emitters.ts";
import { collectGarbage, FLAGS_OF_LASTING, setFlags } from "./v8-flags.ts";

/** What a build came to. */
export interface Build {
  readonly compilation: Analysis;
  /** What was written, or with `check` would be; `undefined` if there are errors, on which nothing is. */
  readonly difference: Changes | undefined;
  readonly durationMs: number;
  /** In half a sentence, why it is not known whether the lock has all releases of earlier commits. */
  readonly unchecked: string | undefined;
}

export interface BuildStep {
  /** Whether nothing is to be written. Default false. */
  readonly check?: boolean;
  /** Whether TypeScript's own errors are looked for. Default true. */
  readonly types?: boolean;
  /** A search for them that was started before. */
  readonly typeCheck?: TypeCheck | undefined;
  /** Whether the lock is held against all earlier commits rather than against the last one. Default false. */
  readonly wholeHistory?: boolean;
  /** Whether somebody else may have changed what builds of this process wrote. Default false. */
  readonly outputs?: boolean | undefined;
  /** Whether what is found out is left for other processes. Default false. */
  readonly keep?: boolean;
}

/** Builds one project again and again: what did not change since the last time is not worked out again. */
export interface Builder {
  /** Compiles the project and writes what changed, unless there are errors. */
  build(step?: BuildStep): Promise<Build>;
  /** Looks for TypeScript's own errors alone: emits nothing, and is done soon after the signal. */
  checkTypes(signal: AbortSignal): Promise<Build>;
  /** Leaves for other processes what was read. */
  keep(): void;
  /** The paths that builds of this process wrote, relative to the root. */
  written(): string[];
  /** Whether a file or folder that they wrote is as they left it. What they never wrote is. */
  isAsLeft(path: string): boolean;
  /** Whether a file, by its absolute path, is as the last build read it. What none read is. */
  isAsRead(path: string): boolean;
}

export interface BuilderParts {
  /** Default: emits in this thread. */
  readonly emitting?: Emitting | undefined;
  /** What an earlier process read, if that is known. */
  readonly reading?: KeptReading | undefined;
}

/** Use cases from which on it pays to get rid of what reading leaves, half a gigabyte of 3,000, before files are emitted. */
const LARGE = 1_000;

export function createBuilder(root: string, { emitting, reading = findReading(root) }: BuilderParts = {}): Builder {
  // Where a thread emits, it may still be loading: then its starter sets them.
  if (!emitting) setFlags(FLAGS_OF_LASTING);
  const here = emitting ? undefined : createEmitting(root);
  const { add, finish, stampsOf } = emitting ?? here!;
  const memory = createCompileMemory();
  const emitters = createProjectEmitters(root);
  if (reading) recallReading(reading, memory);
  /** The lock as a build of this builder left it: git need not be asked of that. */
  let left: string | undefined;

  return {
    async build({ check = false, types = true, keep = false, outputs = false, typeCheck, wholeHistory = false } = {}) {
      const startedAt = performance.now();
      if (outputs) here?.forget();
      let known: KnownHistory | undefined;
      const history = (text: string | undefined) => {
        if (text === undefined || text !== left) known = historyOfLock(root, { whole: wholeHistory });
        return known;
      };
      const compilation = await analyse({
        root,
        types,
        memory,
        typeCheck,
        history,
        onUseCases: add,
        emitters,
      });
      const { useCases, lock, ofProject } = compilation;
      if (useCases.length >= LARGE) collectGarbage();
      const emitted = lock && finish(useCases, [lock, ...ofProject], { check });
      // Meanwhile, where a thread emits.
      if (keep) keepReading(root, memory);
      const faultless = keep && types && compilation.diagnostics.length === 0 && isTyped(memory.reading);
      const origin = faultless ? originOf(root, compilation, memory) : undefined;
      const { files = [], difference } = (await emitted) ?? {};
      const isOnDisk = difference && (!check || countChanges(difference) === 0);
      if (origin && isOnDisk) await keepBuild(root, origin, files, stampsOf);
      if (difference && !check) left = lock?.text;
      const unchecked = known?.unchecked;
      return { compilation, difference, durationMs: performance.now() - startedAt, unchecked };
    },
    async checkTypes(signal) {
      const startedAt = performance.now();
      const compilation = await analyse({ root, memory, signal });
      return { compilation, difference: undefined, durationMs: performance.now() - startedAt, unchecked: undefined };
    },
    keep() {
      keepReading(root, memory);
    },
    written: () => [...(here?.written().keys() ?? [])],
    isAsRead(path) {
      const stamp = memory.reading.stamps.get(path);
      return stamp === undefined || stamp === stampOf(path);
    },
    isAsLeft(path) {
      const written = here?.written() ?? new Map<string, string>();
      const text = written.get(path);
      if (text !== undefined) return readText(root, path).text === text;
      return existsSync(join(root, path)) || ![...written.keys()].some((one) => one.startsWith(`${path}/`));
    },
  };
}
