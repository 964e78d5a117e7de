import type { Output } from "../compiler/model/output.ts";
import type { Drafts } from "./drafts.ts";

/** What one of several threads emits. Where there are drafts, texts are written at once and not kept, for they are many. */
export interface Share {
  /** Emits some files. */
  take(emit: () => readonly Output[]): void;
  /** Takes on what was written to the drafts before. */
  adopt(paths: readonly string[], emit: () => readonly Output[]): void;
  readonly paths: readonly string[];
  /** Whether all of them are in the drafts. */
  areDrafted(): boolean;
  /** The files with their texts. Those that are in drafts are emitted again. */
  outputs(): readonly Output[];
}

export function createShare(drafts: Drafts | undefined): Share {
  const paths: string[] = [];
  const emitters: (() => readonly Output[])[] = [];
  let areDrafted = drafts !== undefined;

  function adopt(some: readonly string[], emit: () => readonly Output[]): void {
    paths.push(...some);
    emitters.push(emit);
  }

  return {
    take(emit) {
      const outputs = emit();
      areDrafted &&= drafts?.write(outputs) ?? false;
      adopt(
        outputs.map(({ path }) => path),
        drafts ? emit : () => outputs,
      );
    },
    adopt,
    paths,
    areDrafted: () => areDrafted,
    outputs: () => emitters.flatMap((emit) => emit()),
  };
}
