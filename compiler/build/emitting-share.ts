import type { Output } from "../model/output.ts";
import type { Drafts } from "./drafts.ts";
import { type Changed, createComparison } from "./outputs.ts";

/** What one of several threads emits. Texts are written to drafts, or compared with the disk, and not kept: they are many. */
export interface Share {
  /** Emits some files. */
  take(emit: () => readonly Output[]): void;
  /** Takes on what was written to the drafts before. */
  adopt(paths: readonly string[], emit: () => readonly Output[]): void;
  readonly paths: readonly string[];
  /** Whether all of them are in the drafts. */
  areDrafted(): boolean;
  /** Those that are not on the disk as they should be. Those that are in drafts are emitted again. */
  changed(): Changed;
}

export function createShare(root: string, drafts: Drafts | undefined): Share {
  const paths: string[] = [];
  const emitters: (() => readonly Output[])[] = [];
  const comparison = drafts ? undefined : createComparison(root);
  let areDrafted = drafts !== undefined;

  function adopt(some: readonly string[], emit: () => readonly Output[]): void {
    paths.push(...some);
    emitters.push(emit);
  }

  function compareAgain(): Changed {
    const { add, changed } = createComparison(root);
    for (const emit of emitters) add(emit());
    return changed;
  }

  return {
    take(emit) {
      const outputs = emit();
      comparison?.add(outputs);
      areDrafted &&= drafts?.write(outputs) ?? false;
      adopt(
        outputs.map(({ path }) => path),
        emit,
      );
    },
    adopt,
    paths,
    areDrafted: () => areDrafted,
    changed: () => comparison?.changed ?? compareAgain(),
  };
}
