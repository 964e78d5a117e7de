import { isReservedNumber } from "../model/protobuf.ts";
import { isSameShape } from "../model/shape.ts";
import { type Kind, renamed } from "../model/wire-type-names.ts";
import type { Lock, LockedPart, LockedType, LockedUseCase } from "./lock-file.ts";
import { pairTypes } from "./lock-pairs.ts";
import { partingState } from "./parting-state.ts";
import { writeLock } from "./write-lock.ts";

export interface MergedLocks {
  readonly lock: Lock;
  /** Versions that both released, with two shapes: the first lock's are kept, and the other's from there on given up. */
  readonly disputes: readonly Dispute[];
}

/** Whether a field, member or variant of that name is in the use case's sources; what is not known is not. */
export type Declared = (useCase: string, name: string) => boolean;

export interface Dispute {
  readonly useCase: string;
  readonly version: number;
}

/**
 * Merges two locks that come from one. What only one of them changed is as that has it. Where both changed a use case,
 * the one with more releases keeps its numbers, else the first, and what the other one added gets numbers that are free:
 * no number stands for two things, and no release is lost that the other lock does not contradict. What both renamed has
 * the name that the sources have.
 */
export function mergeLocks(base: Lock, first: Lock, second: Lock, declared: Declared = () => false): MergedLocks {
  const disputes: Dispute[] = [];
  const merged = new Map<string, LockedUseCase>();
  for (const name of new Set([...first.keys(), ...second.keys()])) {
    const [parted, one, other] = [base.get(name), first.get(name), second.get(name)];
    if (!one || !other) {
      merged.set(name, (one ?? other)!);
      continue;
    }
    const isDeclared = (part: string) => declared(name, part);
    const before = partingState(parted, one, other);
    if (isSame(name, one, other)) merged.set(name, one);
    else if (isSame(name, other, before)) merged.set(name, withDeclaredNames(one, other, isDeclared));
    else if (isSame(name, one, before)) merged.set(name, withDeclaredNames(other, one, isDeclared));
    else {
      const version = disputedVersion(one, other);
      if (version !== undefined) disputes.push({ useCase: name, version });
      merged.set(name, mergeUseCases(before, one, other, version, isDeclared));
    }
  }
  return { lock: merged, disputes };
}

/**
 * What one lock alone has renamed has its old name again where the sources have that: git merges sources by their own base,
 * which may be an older one.
 */
function withDeclaredNames(changed: LockedUseCase, unchanged: LockedUseCase, isDeclared: IsDeclared): LockedUseCase {
  // Types may have been renamed beside what they hold.
  const former = withNames(unchanged, namesIn(unchanged, changed));
  const types = (kind: "messages" | "enums" | "unions"): Types =>
    new Map(
      Array.from(changed[kind], ([name, type]) => {
        const before = partsByNumber(former[kind].get(name));
        const taken = new Set(type.parts.map((part) => part.name));
        const named = (part: LockedPart): LockedPart => {
          const was = before.get(part.number);
          if (!was || was.type !== part.type || taken.has(was.name)) return part;
          return isDeclared(was.name) && !isDeclared(part.name) ? { ...part, name: was.name } : part;
        };
        return [name, { ...type, parts: type.parts.map(named) }];
      }),
    );
  return { ...changed, messages: types("messages"), enums: types("enums"), unions: types("unions") };
}

function isSame(name: string, one: LockedUseCase, other: LockedUseCase | undefined): boolean {
  return !!other && (one === other || writeLock(new Map([[name, one]])) === writeLock(new Map([[name, other]])));
}

/** The lowest version that both released, with two shapes. */
function disputedVersion(one: LockedUseCase, other: LockedUseCase): number | undefined {
  const retired = Math.max(one.retired, other.retired);
  const both = [...one.releases.keys()].filter((version) => version > retired && other.releases.has(version));
  return both.sort((a, b) => a - b).find((v) => !isSameShape(one.releases.get(v)!, other.releases.get(v)!));
}

function mergeUseCases(
  before: LockedUseCase | undefined,
  one: LockedUseCase,
  other: LockedUseCase,
  disputed: number | undefined,
  isDeclared: IsDeclared,
): LockedUseCase {
  const hasMore = disputed === undefined && last(other) > last(one);
  const [kept, given] = hasMore ? [other, one] : [one, other];
  const retired = Math.max(one.retired, other.retired);
  const stays = ([version]: readonly [number, unknown]) => disputed === undefined || version < disputed;
  const releases = [...[...given.releases].filter(stays), ...kept.releases];
  const ascending = [...new Map(releases)].filter(([version]) => version > retired).sort(([a], [b]) => a - b);
  const [theirs, earlier] = [given, before].map((useCase) => useCase && withNames(useCase, namesIn(useCase, kept)));
  const types = (kind: "messages" | "enums" | "unions") =>
    mergeTypes(earlier?.[kind], kept[kind], theirs![kind], isDeclared);
  const merged = {
    ...kept,
    messages: types("messages"),
    enums: types("enums"),
    unions: types("unions"),
    releases: new Map(ascending),
    retired,
  };
  return before ? withNames(merged, newNames(before, kept, given)) : merged;
}

type NameOf = (kind: Kind, name: string) => string;

/** What the kept lock calls the types of another one. */
function namesIn(useCase: LockedUseCase, kept: LockedUseCase): NameOf {
  const names = new Map(pairTypes(useCase, kept).map(({ kind, theirName, name }) => [`${kind} ${theirName}`, name]));
  return (kind, name) => names.get(`${kind} ${name}`) ?? name;
}

/** A type that the other side alone has renamed gets that name. */
function newNames(before: LockedUseCase, kept: LockedUseCase, given: LockedUseCase): NameOf {
  const was = new Map(pairTypes(before, kept).map(({ kind, name, theirName }) => [`${kind} ${name}`, theirName]));
  const taken = new Set([kept.messages, kept.enums, kept.unions].flatMap((types) => [...types.keys()]));
  const names = new Map(
    pairTypes(given, kept)
      .filter(({ kind, name, theirName }) => was.get(`${kind} ${name}`) === name && !taken.has(theirName))
      .map(({ kind, name, theirName }) => [`${kind} ${name}`, theirName]),
  );
  return (kind, name) => names.get(`${kind} ${name}`) ?? name;
}

function withNames(useCase: LockedUseCase, nameOf: NameOf): LockedUseCase {
  const now = (part: LockedPart) => ({ ...part, type: renamed(part.type, nameOf) });
  const types = (kind: Kind, all: Types) =>
    new Map(
      Array.from(all, ([name, { parts, removed }]) => [
        nameOf(kind, name),
        { parts: parts.map(now), removed: removed.map(now) },
      ]),
    );
  const { event, messages, enums, unions } = useCase;
  return {
    ...useCase,
    event: nameOf(unions.has(event) ? "union" : "message", event),
    messages: types("message", messages),
    enums: types("enum", enums),
    unions: types("union", unions),
  };
}

function last({ releases, retired }: LockedUseCase): number {
  return Math.max(retired, ...releases.keys());
}

type Types = ReadonlyMap<string, LockedType>;

type IsDeclared = (part: string) => boolean;

function mergeTypes(
  before: Types | undefined,
  kept: Types,
  given: Types,
  isDeclared: IsDeclared,
): Map<string, LockedType> {
  const merged = new Map(kept);
  for (const [name, type] of given) {
    const known = kept.get(name);
    if (known) merged.set(name, mergeParts(before?.get(name), known, type, isDeclared));
    // What was there before, and is not any more, has another name now.
    else if (!before?.has(name)) merged.set(name, type);
  }
  return merged;
}

/** A field, a member or a variant goes by its number where the locks come from one that had it. */
function mergeParts(
  before: LockedType | undefined,
  kept: LockedType,
  given: LockedType,
  isDeclared: IsDeclared,
): LockedType {
  const known = partsByNumber(before);
  const others = partsByNumber(given);
  const names = new Set(kept.parts.map(({ name }) => name));
  const otherNumbers = new Map([...others.values()].map(({ name, number }) => [name, number]));
  // Where the other one has what had it by another number, it gave the number to something else.
  const isReused = (number: number) => {
    const was = known.get(number);
    return was !== undefined && (otherNumbers.get(was.name) ?? number) !== number;
  };
  const follow = (part: LockedPart): LockedPart => {
    const [was, other] = [known.get(part.number), others.get(part.number)];
    if (!was || !other || isReused(part.number)) return part;
    if (other.name !== part.name && names.has(other.name)) return part;
    // The sources tell, where they have one of the names alone: git merges them by its own base, which may be an older one.
    const [isThere, isHere] = [isDeclared(other.name), isDeclared(part.name)];
    const isRenamedThere = isThere === isHere ? isSamePart(was, part) : isThere;
    return isRenamedThere ? { ...part, name: other.name, type: part.type === was.type ? other.type : part.type } : part;
  };
  const [parts, removed] = [kept.parts.map(follow), kept.removed.map(follow)];
  const all = [...parts, ...removed];
  const used = new Set([...all, ...others.values(), ...known.values()].map(({ number }) => number));
  const isKnown = (part: LockedPart) =>
    (known.has(part.number) && !isReused(part.number)) || all.some((other) => isSamePart(part, other));
  const added = (of: readonly LockedPart[]) =>
    of.filter((part) => !isKnown(part)).map((part) => ({ ...part, number: free(part.number, all, used) }));
  const taken = new Set(parts.map(({ name }) => name));
  const newParts = added(given.parts.filter(({ name }) => !taken.has(name)));
  return { parts: [...parts, ...newParts], removed: [...removed, ...added(given.removed)] };
}

function partsByNumber(type: LockedType | undefined): Map<number, LockedPart> {
  return new Map([...(type?.parts ?? []), ...(type?.removed ?? [])].map((part) => [part.number, part]));
}

function isSamePart(one: LockedPart, other: LockedPart): boolean {
  return one.name === other.name && one.type === other.type;
}

/** The number itself where nothing else has it, else the next that nobody ever had. */
function free(number: number, all: readonly LockedPart[], used: Set<number>): number {
  if (!all.some((part) => part.number === number)) return number;
  let next = Math.max(...used) + 1;
  while (isReservedNumber(next)) next++;
  used.add(next);
  return next;
}
