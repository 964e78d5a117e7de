import { isSameShape, type Shape } from "../model/shape.ts";
import type { Lock, LockedUseCase } from "./lock-file.ts";

/*
 * What commits before this one released. A release never changes, and goes by being retired alone: whoever loses one
 * builds changes that its records would not survive.
 */

/** A commit of a history, as far as its lock goes. */
export interface LockCommit {
  readonly name: string;
  /** Names of commits that stand before it. */
  readonly parents: readonly string[];
  /** `undefined`: it has none that can be read. */
  readonly lock: Lock | undefined;
}

/** Released versions that must be there, by use case and version. */
export type Claims = ReadonlyMap<string, ReadonlyMap<number, Claim>>;

export interface Claim {
  readonly shape: Shape;
  /** The commit that released it, as a person may ask git for it. */
  readonly commit: string;
  /** The use case in that commit's lock. */
  readonly locked: LockedUseCase;
}

export interface LostRelease {
  readonly useCase: string;
  readonly version: number;
  /** Whether the lock knows another one by that number. */
  readonly isOther: boolean;
  readonly claim: Claim;
}

/** What must be there after a history, whose commits come in order; its last one is the tip. */
export function claimsOf(commits: readonly LockCommit[]): Claims {
  const known = new Map<string, Claims>();
  let tip: Claims = new Map();
  for (const { name, parents, lock } of commits) {
    const before = parents.map((parent) => known.get(parent)).filter((claims) => claims !== undefined);
    tip = joinClaims(before, lock, name);
    known.set(name, tip);
  }
  return tip;
}

/**
 * What must be there where histories meet in a lock. Where two released one version with two shapes, the lock has chosen,
 * and what the other one released from there on was given up; all else must be there.
 */
export function joinClaims(before: readonly Claims[], lock: Lock | undefined, name: string): Claims {
  const joined = new Map<string, Map<number, Claim>>();
  for (const claims of before) {
    for (const [useCase, versions] of claims) {
      const known = joined.get(useCase);
      joined.set(useCase, known ? joinVersions(known, versions, lock?.get(useCase)) : new Map(versions));
    }
  }
  for (const [useCase, locked] of lock ?? []) {
    const versions = joined.get(useCase) ?? new Map<number, Claim>();
    for (const [version, shape] of locked.releases) {
      if (!versions.has(version)) versions.set(version, { shape, commit: name, locked });
    }
    for (const version of versions.keys()) if (version <= locked.retired) versions.delete(version);
    if (versions.size > 0) joined.set(useCase, versions);
    else joined.delete(useCase);
  }
  return joined;
}

type Versions = ReadonlyMap<number, Claim>;

function joinVersions(one: Versions, other: Versions, locked: LockedUseCase | undefined): Map<number, Claim> {
  const both = [...one.keys()].filter((version) => other.has(version)).sort((a, b) => a - b);
  const disputed = both.find((version) => !isSameShape(one.get(version)!.shape, other.get(version)!.shape));
  if (disputed === undefined) return new Map([...other, ...one]);
  const chosen = locked?.releases.get(disputed);
  const isOther = chosen !== undefined && isSameShape(chosen, other.get(disputed)!.shape);
  const [kept, given] = isOther ? [other, one] : [one, other];
  return new Map([...[...given].filter(([version]) => version < disputed), ...kept]);
}

/** What a lock, or none, lacks of what must be there. By use case, then version. */
export function lostReleases(lock: Lock, claims: Claims): LostRelease[] {
  const lost = [...claims].flatMap(([useCase, versions]) => {
    const { releases, retired = 0 } = lock.get(useCase) ?? {};
    return [...versions].flatMap(([version, claim]): LostRelease[] => {
      const there = releases?.get(version);
      if (version <= retired || (there && isSameShape(there, claim.shape))) return [];
      return [{ useCase, version, isOther: there !== undefined, claim }];
    });
  });
  return lost.sort((a, b) => (a.useCase < b.useCase ? -1 : a.useCase > b.useCase ? 1 : a.version - b.version));
}
