import { isSameShape, type Shape } from "../model/shape.ts";
import type { Kind } from "../model/wire-type-names.ts";
import type { LockedType, LockedUseCase } from "./lock-file.ts";
import { pairTypes } from "./lock-pairs.ts";
import { releasedState } from "./released-state.ts";

/**
 * The last state of a use case that two locks have in common. Git knows that of the commit where two branches parted. A
 * branch that has taken the other's lock since then, by `fivefold resolve`, shares later releases with it.
 */
export function partingState(
  parted: LockedUseCase | undefined,
  one: LockedUseCase,
  other: LockedUseCase,
): LockedUseCase | undefined {
  const shared = sharedReleases(one, other);
  const last = shared.at(-1);
  if (last === undefined || parted?.releases.has(last[0])) return parted;
  const state = { ...releasedState(...last), releases: new Map(shared), retired: Math.max(one.retired, other.retired) };
  return parted ? withEarlierParts(state, parted) : state;
}

/** Releases that are the same in both, up to the first one that is not; ascending. */
function sharedReleases(one: LockedUseCase, other: LockedUseCase): (readonly [version: number, shape: Shape])[] {
  const retired = Math.max(one.retired, other.retired);
  const both = [...one.releases].filter(([version]) => version > retired && other.releases.has(version));
  const ascending = both.sort(([a], [b]) => a - b);
  const end = ascending.findIndex(([version, shape]) => !isSameShape(shape, other.releases.get(version)!));
  return end < 0 ? ascending : ascending.slice(0, end);
}

/** A release has nothing of what was removed before it. */
function withEarlierParts(state: LockedUseCase, earlier: LockedUseCase): LockedUseCase {
  const before = new Map(pairTypes(earlier, state).map(({ kind, name, theirs }) => [`${kind} ${name}`, theirs]));
  const types = (kind: Kind, all: ReadonlyMap<string, LockedType>) =>
    new Map(
      Array.from(all, ([name, { parts }]) => {
        const there = new Set(parts.map(({ number }) => number));
        const known = before.get(`${kind} ${name}`) ?? { parts: [], removed: [] };
        const removed = [...known.parts, ...known.removed].filter(({ number }) => !there.has(number));
        return [name, { parts, removed }];
      }),
    );
  const { messages, enums, unions } = state;
  return {
    ...state,
    messages: types("message", messages),
    enums: types("enum", enums),
    unions: types("union", unions),
  };
}
