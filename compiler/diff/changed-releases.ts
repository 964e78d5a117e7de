import { type Lock, readLock } from "../check/lock-file.ts";
import { isSameRelease } from "../model/shape.ts";

/** A released version of before that is not there as it was. */
export interface ChangedRelease {
  readonly useCase: string;
  readonly version: number;
  /** `retired`: on purpose, none of its records being left. `altered`: gone, or another, which no release ever is. */
  readonly kind: "retired" | "altered";
}

/** Compares what two texts of the lock say of versions that both should know. Throws on texts that are no lock. */
export function changedReleases(before: string | undefined, after: string | undefined): ChangedRelease[] {
  const [old, now] = [lockOf(before), lockOf(after)];
  return [...old].flatMap(([useCase, { releases }]) => {
    const { releases: kept, retired = 0 } = now.get(useCase) ?? {};
    return [...releases].flatMap(([version, shape]): ChangedRelease[] => {
      if (version <= retired) return [{ useCase, version, kind: "retired" }];
      const same = kept?.get(version);
      return same && isSameRelease(shape, same) ? [] : [{ useCase, version, kind: "altered" }];
    });
  });
}

function lockOf(text: string | undefined): Lock {
  return text === undefined ? new Map() : readLock(text);
}
