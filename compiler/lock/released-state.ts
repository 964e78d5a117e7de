import type { Type } from "../model/model.ts";
import type { Shape } from "../model/shape.ts";
import { wireTypeName } from "../model/wire-type-names.ts";
import type { LockedPart, LockedType, LockedUseCase } from "./lock-file.ts";
import { pairTypes } from "./lock-pairs.ts";

/** A use case as the lock would have it if a release were its working state, without releases and what was removed. */
export function releasedState(version: number, { name, messages, enums, unions }: Shape): LockedUseCase {
  return {
    version,
    event: name,
    messages: byName(messages, ({ fields }) => fields.map(typedPart)),
    enums: byName(enums, ({ members }) => members.map(({ name, number }) => ({ name, number, type: "" }))),
    unions: byName(unions, ({ variants }) => variants.map(typedPart)),
    releases: new Map(),
    retired: 0,
  };
}

function byName<T extends { readonly name: string }>(
  types: readonly T[],
  partsOf: (type: T) => LockedPart[],
): Map<string, LockedType> {
  return new Map(types.map((type) => [type.name, { parts: partsOf(type), removed: [] }]));
}

function typedPart({ name, number, type }: { name: string; number: number; type: Type }): LockedPart {
  return { name, number, type: wireTypeName(type) };
}

/** The number by which a name of one of the lock's types went in the last release that had it; `undefined`: none had. */
export type ReleasedNumber = (type: LockedType, name: string) => number | undefined;

/** Works that out when it is first asked: few tags name what the working state does not know. */
export function releasedNumbers(locked: LockedUseCase): ReleasedNumber {
  let known: Map<LockedType, Map<string, number>> | undefined;
  const find = () => {
    const numbers = new Map<LockedType, Map<string, number>>();
    for (const [version, shape] of locked.releases) {
      for (const { theirs, ours } of pairTypes(releasedState(version, shape), locked)) {
        const names = numbers.get(ours) ?? new Map<string, number>();
        for (const { name, number } of theirs.parts) names.set(name, number);
        numbers.set(ours, names);
      }
    }
    return numbers;
  };
  return (type, name) => {
    known ??= find();
    return known.get(type)?.get(name);
  };
}
