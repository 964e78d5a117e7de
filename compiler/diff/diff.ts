import type { Lock } from "../lock/lock-file.ts";
import { isSameRelease } from "../model/shape.ts";
import { type RolloutStep, rolloutOf } from "./rollout.ts";
import type { State } from "./state.ts";
import { diffUseCase, isDifferent, type UseCaseDiff } from "./use-case-diff.ts";

/** What changes for whom between two states of a project, and in which order to deploy it. */
export interface Diff {
  /** By name; those that are as they were are not among them. */
  readonly useCases: readonly UseCaseDiff[];
  /** In the order in which to go. */
  readonly rollout: readonly RolloutStep[];
  /** Who enqueues to whom, as it is and as it was; by name. */
  readonly feeds: readonly FeedDiff[];
}

export interface FeedDiff {
  readonly from: string;
  readonly to: string;
  readonly kind: "added" | "removed" | "same";
}

export function diffStates(before: State, after: State): Diff {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const useCases = names.map((name) => diffUseCase(name, before.get(name), after.get(name))).filter(isDifferent);
  const feeds = names.flatMap((name) => diffFeeds(name, before.get(name)?.feeds, after.get(name)?.feeds));
  return { useCases, rollout: rolloutOf(useCases), feeds };
}

function diffFeeds(from: string, was: readonly string[] = [], is: readonly string[] = []): FeedDiff[] {
  return [...new Set([...was, ...is])].sort().map((to) => {
    const kind = !was.includes(to) ? "added" : !is.includes(to) ? "removed" : "same";
    return { from, to, kind };
  });
}

/** A released version of before that is not there as it was. */
export interface ChangedRelease {
  readonly useCase: string;
  readonly version: number;
  /** `retired`: on purpose, none of its records being left. `altered`: gone, or another, which no release ever is. */
  readonly kind: "retired" | "altered";
}

/** Compares what two locks say of versions that both should know. */
export function changedReleases(before: Lock, after: Lock): ChangedRelease[] {
  return [...before].flatMap(([useCase, { releases }]) => {
    const { releases: kept, retired = 0 } = after.get(useCase) ?? {};
    return [...releases].flatMap(([version, shape]): ChangedRelease[] => {
      if (version <= retired) return [{ useCase, version, kind: "retired" }];
      const same = kept?.get(version);
      return same && isSameRelease(shape, same) ? [] : [{ useCase, version, kind: "altered" }];
    });
  });
}
