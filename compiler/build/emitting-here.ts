import { emit } from "../emit/index.ts";
import type { Emitting } from "./emitting.ts";
import { compareOutputs, writeOutputs } from "./outputs.ts";

/** Knows what it left on the disk. */
export interface EmittingHere extends Emitting {
  /** Outputs as they were left there, by path; none before the first. */
  written(): ReadonlyMap<string, string>;
  /** Reads the disk at the next time, for somebody else changed it. */
  forget(): void;
}

/** Emits in this thread, again and again: use cases that are the same as the last time are not emitted anew. */
export function createEmitting(root: string): EmittingHere {
  /** Outputs as they were left on the disk, by path. */
  let written: ReadonlyMap<string, string> | undefined;

  return {
    add() {},
    async finish(useCases, beside, { check }) {
      const outputs = [...emit(useCases), ...beside];
      const difference = await compareOutputs(root, outputs, written);
      if (!check) {
        await writeOutputs(root, difference);
        written = new Map(outputs.map(({ path, text }) => [path, text]));
      }
      return { files: outputs.map(({ path }) => path), difference };
    },
    async close() {},
    written: () => written ?? new Map(),
    forget() {
      written = undefined;
    },
  };
}
