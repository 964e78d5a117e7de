import { isSameShape } from "../model/shape.ts";
import type { Lock, LockedPart, LockedType, LockedUseCase } from "./lock-file.ts";
import { pairTypes } from "./lock-pairs.ts";
import { partingState } from "./parting-state.ts";

/** A number or a version that two branches gave to two things since they parted. */
export type Collision =
  | { readonly kind: "version"; readonly useCase: string; readonly version: number }
  | {
      readonly kind: "number";
      readonly useCase: string;
      /** The message, enum or union, as it is here. */
      readonly type: string;
      readonly number: number;
      readonly here: string;
      readonly there: string;
    };

/**
 * What is here, and what is there, of what was not in the lock that both come from. Of what is here, the versions in the
 * making are given as released.
 */
export function lockCollisions(base: Lock, there: Lock, here: Lock): Collision[] {
  return [...here].flatMap(([useCase, mine]) => {
    const other = there.get(useCase);
    if (!other) return [];
    const before = partingState(base.get(useCase), other, mine);
    const version = versionCollision(other, mine);
    return [
      ...(version === undefined ? [] : [{ kind: "version" as const, useCase, version }]),
      ...pairTypes(other, mine).flatMap(({ theirs, ours, name, theirName }) =>
        numberCollisions(before, theirs, ours, [name, theirName]).map((found) => ({
          kind: "number" as const,
          useCase,
          type: name,
          ...found,
        })),
      ),
    ];
  });
}

/**
 * The first version that both have, and that is not the same: each released it by itself, or one side has gone on without a
 * release that the other's merge gave up.
 */
function versionCollision(there: LockedUseCase, here: LockedUseCase): number | undefined {
  const retired = Math.max(there.retired, here.retired);
  return [...there.releases]
    .sort(([a], [b]) => a - b)
    .find(([version, shape]) => {
      if (version <= retired) return false;
      const mine = here.releases.get(version);
      return mine !== undefined && !isSameShape(mine, shape);
    })?.[0];
}

function numberCollisions(
  before: LockedUseCase | undefined,
  theirs: LockedType,
  ours: LockedType,
  names: readonly string[],
): { readonly number: number; readonly here: string; readonly there: string }[] {
  const all = before ? [before.messages, before.enums, before.unions] : [];
  const known = new Set(
    names.flatMap((name) => all.flatMap((types) => partsOf(types.get(name)))).map(({ number }) => number),
  );
  const there = new Map(partsOf(theirs).map((part) => [part.number, part]));
  const numbers = new Map(partsOf(theirs).map((part) => [part.name, part.number]));
  return partsOf(ours).flatMap((part) => {
    const other = there.get(part.number);
    if (!other || (other.name === part.name && other.type === part.type)) return [];
    // One side renamed what both knew, unless it is there by another number: then the number was given to something else.
    if (known.has(part.number) && (numbers.get(part.name) ?? part.number) === part.number) return [];
    return [{ number: part.number, here: part.name, there: other.name }];
  });
}

function partsOf(type: LockedType | undefined): readonly LockedPart[] {
  return type ? [...type.parts, ...type.removed] : [];
}
