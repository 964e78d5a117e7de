import { type RolloutStep, rolloutOf } from "./rollout.ts";
import type { State } from "./state.ts";
import { diffUseCase, isDifferent, type UseCaseDiff } from "./use-case-diff.ts";

/** What changes for whom between two states of a project, and in which order to deploy it. */
export interface Diff {
  /** By name; those that are as they were are not among them. */
  readonly useCases: readonly UseCaseDiff[];
  /** In the order in which to go. */
  readonly rollout: readonly RolloutStep[];
}

export function diffStates(before: State, after: State): Diff {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const useCases = names.map((name) => diffUseCase(name, before.get(name), after.get(name))).filter(isDifferent);
  return { useCases, rollout: rolloutOf(useCases) };
}
