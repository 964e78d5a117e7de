import { mergeAgain } from "../../merges/merge-again.ts";
import type { Scenario } from "../scenario.ts";

/** Merges to make in all, and in one repository. */
const MERGES = 300;
const IN_ONE = 10;

/** Two branches that edit, release and rename are merged by git itself: see test/merges. */
const scenario: Scenario = {
  async run({ seed, until }) {
    const all = { merges: 0, clean: 0, conflicts: 0, refused: 0 };
    const faults: string[] = [];
    for (let one = seed; all.merges < MERGES && performance.now() < until; one++) {
      const done = await mergeAgain(one, Math.min(IN_ONE, MERGES - all.merges), until);
      for (const key of ["merges", "clean", "conflicts", "refused"] as const) all[key] += done[key];
      faults.push(...done.faults);
    }
    return { did: all, faults };
  },
};
export default scenario;
