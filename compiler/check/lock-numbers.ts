import { isReservedNumber } from "../model/protobuf.ts";
import type { LockedPart, LockedType } from "./lock-file.ts";

/** A field or an enum's member as it is declared now; `type` is what the lock calls its type. */
interface Declared {
  readonly name: string;
  readonly type: string;
}

interface Assigned<T> {
  /** In the order of the declarations. */
  readonly numbers: readonly number[];
  readonly locked: LockedType;
  /** What the lock knows as something else. */
  readonly conflicts: readonly (readonly [declared: T, locked: LockedPart])[];
}

/**
 * The numbers of a message's fields or an enum's members. What has come back after it was removed gets its old number,
 * if it still is what it was; what is new gets the next that was never used.
 */
export function assignNumbers<T extends Declared>(
  declared: readonly T[],
  before: LockedType | undefined,
  isSame: (locked: LockedPart, declared: T) => boolean,
  max: number,
): Assigned<T> {
  const { parts = [], removed = [] } = before ?? {};
  const live = new Map(parts.map((part) => [part.name, part]));
  const used = new Set([...parts, ...removed].map(({ number }) => number));
  const restored = new Set<LockedPart>();
  const conflicts: (readonly [T, LockedPart])[] = [];

  const numbers = declared.map((part) => {
    const known = live.get(part.name);
    if (known) {
      if (!isSame(known, part)) conflicts.push([part, known]);
      return known.number;
    }
    const back = removed.findLast((gone) => gone.name === part.name && isSame(gone, part));
    if (back) restored.add(back);
    const number = back?.number ?? nextNumber(used, max);
    used.add(number);
    return number;
  });

  const names = new Set(declared.map(({ name }) => name));
  return {
    numbers,
    locked: {
      parts: declared.map(({ name, type }, i) => ({ name, number: numbers[i]!, type })),
      removed: [...removed.filter((part) => !restored.has(part)), ...parts.filter(({ name }) => !names.has(name))],
    },
    conflicts,
  };
}

function nextNumber(used: ReadonlySet<number>, max: number): number {
  const isFree = (number: number) => !used.has(number) && !isReservedNumber(number);
  let number = 1;
  for (const other of used) number = Math.max(number, other + 1);
  while (number <= max && !isFree(number)) number++;
  if (number <= max) return number;
  // Someone has given a field the last number: then what is free below it.
  for (number = 1; !isFree(number); number++);
  return number;
}
