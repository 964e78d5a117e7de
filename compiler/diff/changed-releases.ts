import type { Lock } from "../lock/lock-file.ts";
import { isSameRelease } from "../model/shape.ts";

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
