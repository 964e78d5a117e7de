import { isReservedNumber } from "../model/protobuf.ts";
import type { LockedPart, LockedType } from "./lock-file.ts";

/** A field, an enum's member or a union's variant as it is declared now; `type` is what the lock calls its type. */
interface Declared {
  readonly name: string;
  readonly type: string;
  /** Names that it says it had before. */
  readonly was?: readonly string[] | undefined;
}

interface Assigned<T> {
  /** In the order of the declarations. */
  readonly numbers: readonly number[];
  readonly locked: LockedType;
  /** What the lock knows as something else. */
  readonly conflicts: readonly (readonly [declared: T, locked: LockedPart])[];
  /** What names as its earlier self something that is not to be had. */
  readonly misnamed: readonly (readonly [declared: T, fault: WrongFormerName])[];
}

export interface WrongFormerName {
  /** Completes "'x' says that it was 'y', but". */
  readonly reason: string;
  /** A whole sentence. */
  readonly fix: string;
}

/**
 * The numbers of a message's fields, an enum's members or a union's variants. What was renamed, and what has come back
 * after it was removed, gets its old number, if it still is what it was; what is new gets the next that was never used.
 * A former name may be one that only releases know: where two branches renamed one field, the lock has the other name. The
 * part's own name may not: without a tag, a name that comes back is not known to mean the same.
 */
export function assignNumbers<T extends Declared>(
  declared: readonly T[],
  before: LockedType | undefined,
  isSame: (locked: LockedPart, declared: T) => boolean,
  max: number,
  releasedNumber: (name: string) => number | undefined = () => undefined,
): Assigned<T> {
  if (!before) return firstNumbers(declared);
  const { parts, removed } = before;
  const live = new Map(parts.map((part) => [part.name, part]));
  const current = new Set(declared.map(({ name }) => name));
  const used = new Set([...parts, ...removed].map(({ number }) => number));
  const taken = new Set<LockedPart>();
  const conflicts: (readonly [T, LockedPart])[] = [];
  const misnamed: (readonly [T, WrongFormerName])[] = [];

  /** What a release had by that name, and the lock has by another one that is not declared. */
  const heirOf = (name: string): LockedPart | undefined => {
    const number = releasedNumber(name);
    if (number === undefined) return undefined;
    return [...parts, ...removed].find((part) => part.number === number && !current.has(part.name) && !taken.has(part));
  };
  /** What the lock knows the part as: by its own name, or by one that it had. */
  const find = (part: T): LockedPart | undefined => {
    const { was = [] } = part;
    const known = live.get(part.name);
    if (known) {
      const fault = contradiction(part, known, declared, before);
      if (fault) misnamed.push([part, fault]);
      return known;
    }
    const names = was.filter((name) => !current.has(name));
    const earlier = names.map((name) => live.get(name) ?? heirOf(name)).find((found) => found && !taken.has(found));
    const back = removed.findLast((gone) => [part.name, ...names].includes(gone.name) && isSame(gone, part));
    const found = earlier ?? (back && !taken.has(back) ? back : undefined);
    if (!found && was.length > 0) misnamed.push([part, faultOf(part, declared, live)]);
    return found;
  };

  // What has kept its name comes first, so that nothing else takes it.
  const order = declared.toSorted((a, b) => Number(live.has(b.name)) - Number(live.has(a.name)));
  const numbers = new Map<T, number>();
  for (const part of order) {
    const known = find(part);
    if (known && !isSame(known, part)) conflicts.push([part, known]);
    if (known) taken.add(known);
    const number = known?.number ?? nextNumber(used, max);
    used.add(number);
    numbers.set(part, number);
  }

  const gone = parts.filter((part) => !taken.has(part));
  return {
    numbers: declared.map((part) => numbers.get(part)!),
    locked: {
      parts: declared.map((part) => ({ name: part.name, number: numbers.get(part)!, type: part.type })),
      removed: [...removed.filter((part) => !taken.has(part)), ...gone],
    },
    conflicts: conflicts.toSorted(([a], [b]) => declared.indexOf(a) - declared.indexOf(b)),
    misnamed,
  };
}

/** What the lock knows nothing of is numbered from 1 on. */
function firstNumbers<T extends Declared>(declared: readonly T[]): Assigned<T> {
  const parts: LockedPart[] = [];
  let number = 0;
  for (const { name, type } of declared) {
    do number++;
    while (isReservedNumber(number));
    parts.push({ name, number, type });
  }
  const locked = { parts, removed: [] };
  return { numbers: parts.map((part) => part.number), locked, conflicts: [], misnamed: [] };
}

const REMOVE = "Name what the lock has in its place, see contracts.lock.json; remove the tag from what is new.";

function faultOf(part: Declared, declared: readonly Declared[], live: ReadonlyMap<string, LockedPart>) {
  const { was = [] } = part;
  const present = stillThere(part, declared);
  if (present) return present;
  const claimed = was.find((name) => live.has(name));
  const reason =
    claimed === undefined ? "the lock knows none of that name" : `so does another, and '${claimed}' was one`;
  return { reason, fix: REMOVE };
}

/** A former name that something else has now. */
export function stillThere(
  { name, was = [] }: Pick<Declared, "name" | "was">,
  declared: readonly Pick<Declared, "name" | "was">[],
): WrongFormerName | undefined {
  const other = declared.find((one) => one.name !== name && was.includes(one.name));
  if (!other) return undefined;
  if (!other.was?.includes(name)) return { reason: `'${other.name}' is still there`, fix: REMOVE };
  return {
    reason: `'${other.name}' says that it was '${name}', and names can't be exchanged`,
    fix: "Give one of the two a name that neither had, with its tag: JSON has names only, and would take one for the other.",
  };
}

/** Why what the lock knows by its own name can't have been something else, as it says; `undefined`: it can. */
function contradiction(
  part: Declared,
  known: LockedPart,
  declared: readonly Declared[],
  { parts, removed }: LockedType,
): WrongFormerName | undefined {
  const present = stillThere(part, declared);
  if (present) return present;
  const isFormer = ({ name }: LockedPart) => name !== part.name && part.was?.includes(name);
  const other = parts.find(isFormer) ?? removed.find(isFormer);
  if (!other) return undefined;
  return {
    reason: `the lock has '${part.name}' with number ${known.number} beside '${other.name}', which had number ${other.number}`,
    fix:
      `Remove the tag. If '${part.name}' is new and was never sent, and '${other.name}' under another name, take the ` +
      "lock from before it was added: `git checkout <commit> contracts.lock.json`, and build again.",
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

/** The part that is declared under a name of its own or one that it had. */
export function partOf<P extends { readonly name: string }>(
  { name, was = [] }: Pick<Declared, "name" | "was">,
  parts: ReadonlyMap<string, P>,
): P | undefined {
  return [name, ...was].map((known) => parts.get(known)).find((part) => part !== undefined);
}
