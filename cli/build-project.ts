import { performance } from "node:perf_hooks";
import { type Compilation, compile, createCompileMemory } from "../compiler/compile.ts";
import { keepBuild, keepReading, recallReading } from "./build-cache.ts";
import { compareOutputs, countChanges, type Difference, writeOutputs } from "./outputs.ts";

/** What a build came to. */
export interface Build {
  readonly compilation: Compilation;
  /** What was written, or with `check` would be; `undefined` if there are errors, on which nothing is. */
  readonly difference: Difference | undefined;
  readonly durationMs: number;
}

export interface BuildStep {
  /** Whether nothing is to be written. Default false. */
  readonly check?: boolean;
  /** Whether TypeScript's own errors are looked for. Default true. */
  readonly types?: boolean;
  /** Ends that search. */
  readonly signal?: AbortSignal;
}

/** Builds one project again and again: what did not change since the last time is not worked out again. */
export interface Builder {
  /** Compiles the project and writes what changed, unless there are errors. */
  build(step?: BuildStep): Promise<Build>;
  /** Leaves for other processes what that build found out. */
  keep(build: Build, step?: BuildStep): void;
}

export function createBuilder(root: string): Builder {
  const memory = createCompileMemory();
  recallReading(root, memory);
  /** Outputs as this builder left them on the disk, by path. */
  let written: ReadonlyMap<string, string> | undefined;

  return {
    async build({ check = false, types = true, signal } = {}) {
      const startedAt = performance.now();
      const compilation = await compile({ root, types, memory, ...(signal && { signal }) });
      const failed = compilation.diagnostics.some(({ severity }) => severity === "error");
      const difference = failed ? undefined : await compareOutputs(root, compilation.outputs, written);
      if (difference && !check) {
        await writeOutputs(root, difference);
        written = new Map(compilation.outputs.map(({ path, text }) => [path, text]));
      }
      return { compilation, difference, durationMs: performance.now() - startedAt };
    },
    keep({ compilation, difference }, { check = false, types = true } = {}) {
      keepReading(root, memory);
      const isOnDisk = difference && (!check || countChanges(difference) === 0);
      if (isOnDisk && types) keepBuild(root, compilation);
    },
  };
}
