import type { Diagnostic, Sources } from "./diagnostics.ts";
import type { UseCase } from "./model/model.ts";
import type { Output } from "./model/output.ts";

export interface CompileOptions {
  /** The folder that holds `usecases/` and `contracts.lock.json`. */
  readonly root: string;
  /** Whether TypeScript's own errors are looked for too, by a `tsc` that runs beside the reading. Default true. */
  readonly types?: boolean;
}

export interface Compilation {
  /** Those that could be read, by name. */
  readonly useCases: readonly UseCase[];
  /** All files of `generated/`, and `contracts.lock.json`; none if there is an error. */
  readonly outputs: readonly Output[];
  /** By file, then line. */
  readonly diagnostics: readonly Diagnostic[];
  /** The texts that the diagnostics point into, by their spans' `file`: what `formatPretty` prints frames from. */
  readonly sources: Sources;
}

/** Reads and checks all use cases below `root`, and emits what follows from them. Writes no output: its caller does. */
export async function compile(_options: CompileOptions): Promise<Compilation> {
  return { useCases: [], outputs: [], diagnostics: [], sources: new Map() };
}
