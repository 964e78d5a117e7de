import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { type Analysis, analyse, createCompileMemory } from "../compiler/compile.ts";
import type { TypeCheck } from "../compiler/read/type-errors.ts";
import { findReading, type KeptReading, keepBuild, keepReading, recallReading } from "./build-cache.ts";
import type { Emitting } from "./emitting.ts";
import { createEmitting } from "./emitting-here.ts";
import { type Changes, countChanges } from "./outputs.ts";

/** What a build came to. */
export interface Build {
  readonly compilation: Analysis;
  /** What was written, or with `check` would be; `undefined` if there are errors, on which nothing is. */
  readonly difference: Changes | undefined;
  readonly durationMs: number;
}

export interface BuildStep {
  /** Whether nothing is to be written. Default false. */
  readonly check?: boolean;
  /** Whether TypeScript's own errors are looked for. Default true. */
  readonly types?: boolean;
  /** A search for them that was started before. */
  readonly typeCheck?: TypeCheck | undefined;
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
}

export interface BuilderParts {
  /** Default: emits in this thread. */
  readonly emitting?: Emitting | undefined;
  /** What an earlier process read, if that is known. */
  readonly reading?: KeptReading | undefined;
}

export function createBuilder(
  root: string,
  { emitting = createEmitting(root), reading = findReading(root) }: BuilderParts = {},
): Builder {
  // The young generation, by now as large as the compiler's own code made it, would grow fourfold while modules are
  // parsed, and hold 100 MB for nothing: they live on.
  setFlagsFromString("--semi-space-growth-factor=1");
  const memory = createCompileMemory();
  if (reading) recallReading(reading, memory);

  return {
    async build({ check = false, types = true, keep = false, typeCheck } = {}) {
      const startedAt = performance.now();
      const compilation = await analyse({
        root,
        types,
        memory,
        typeCheck,
        onUseCases: emitting.add,
      });
      const { useCases, lock } = compilation;
      const emitted = lock && emitting.finish(useCases, lock, { check });
      // Meanwhile, where a thread emits.
      if (keep) keepReading(root, memory);
      const { files = [], difference } = (await emitted) ?? {};
      const isOnDisk = difference && (!check || countChanges(difference) === 0);
      if (keep && types && isOnDisk) keepBuild(root, compilation, files);
      return { compilation, difference, durationMs: performance.now() - startedAt };
    },
    async checkTypes(signal) {
      const startedAt = performance.now();
      const compilation = await analyse({ root, memory, signal });
      return { compilation, difference: undefined, durationMs: performance.now() - startedAt };
    },
    keep() {
      keepReading(root, memory);
    },
  };
}
