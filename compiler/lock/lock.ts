import { type Diagnostic, diagnostic, type Span } from "../diagnostics/diagnostics.ts";
import { evolve } from "../evolution/evolve.ts";
import type { Enum, Event, Field, Message, Union, UseCase } from "../model/model.ts";
import { MAX_FIELD_NUMBER } from "../model/protobuf.ts";
import { rootMessages } from "../model/root.ts";
import { isReadable, type Kind, renamed, wireTypeName } from "../model/wire-type-names.ts";
import { type Ancestors, ancestorsOf, variantsOf } from "./lock-ancestors.ts";
import {
  type Lock,
  type LockedPart,
  type LockedType,
  type LockedUseCase,
  type LockParts,
  readLock,
} from "./lock-file.ts";
import { LockFault } from "./lock-json.ts";
import { assignNumbers, stillThere, type WrongFormerName } from "./lock-numbers.ts";
import { type ReleasedNumber, releasedNumbers } from "./released-state.ts";
import { writeLock } from "./write-lock.ts";

/** Relative to the project's root. */
export const LOCK_FILE = "contracts.lock.json";

export interface Locked {
  /** With versions and all numbers filled in. */
  readonly useCases: UseCase[];
  /** What the lock's file is to hold; what it holds, if there is an error. */
  readonly lockText: string;
  /** What that says; `undefined`: it can't be read. */
  readonly lock: Lock | undefined;
  readonly diagnostics: Diagnostic[];
}

/** What a lock came to the last time: where nothing changed since, it need not be worked out again. */
export interface LockMemory {
  /** Whether `lock` is what `text` says. */
  isRead: boolean;
  text: string | undefined;
  lock: Lock;
  /** What other locks have in common with that one. */
  readonly parts: LockParts | undefined;
  readonly results: Map<UseCase, Result>;
}

export function createLockMemory(parts?: LockParts): LockMemory {
  return { isRead: false, text: undefined, lock: new Map(), parts, results: new Map() };
}

/**
 * Gives each field the number that it had, and new ones numbers that no field had. What was removed is kept, a whole
 * use case too: topics may hold records of it.
 */
export function applyLock(
  useCases: readonly UseCase[],
  lockText: string | undefined,
  memory: LockMemory = createLockMemory(),
): Locked {
  let lock: Lock;
  try {
    lock = recall(memory, lockText);
  } catch (fault) {
    if (!(fault instanceof LockFault)) throw fault;
    const { message: reason, fix, at } = fault;
    const text = lockText ?? "";
    const found = diagnostic("bad-lock", spanAt(text, at), { reason, fix });
    return { useCases: [...useCases], lockText: text, lock: undefined, diagnostics: [found] };
  }
  const results = useCases.map((useCase) => [useCase, resultOf(useCase, lock, memory)] as const);
  const diagnostics = results.flatMap(([, result]) => result.diagnostics);
  const current = results.map(([, { useCase }]) => useCase);
  if (diagnostics.length > 0) return { useCases: current, lockText: lockText ?? "", lock, diagnostics };
  const next = new Map([...lock, ...results.map(([{ name }, { locked }]) => [name, locked] as const)]);
  const text = writeLock(next);
  memory.text = text;
  memory.lock = next;
  memory.results.clear();
  for (const [useCase, result] of results) memory.results.set(useCase, result);
  return { useCases: current, lockText: text, lock: next, diagnostics };
}

/**
 * Some use cases with their numbers, for who can't wait until all are known: the lock's other effects, and what is wrong
 * with it, are for `applyLock` to say, which then finds these in the memory.
 */
export function numberUseCases(
  useCases: readonly UseCase[],
  lockText: string | undefined,
  memory: LockMemory,
): UseCase[] {
  try {
    const lock = recall(memory, lockText);
    return useCases.map((useCase) => resultOf(useCase, lock, memory).useCase);
  } catch (fault) {
    if (fault instanceof LockFault) return [];
    throw fault;
  }
}

/** The lock of that text; what follows from another one is forgotten. */
function recall(memory: LockMemory, text: string | undefined): Lock {
  if (!memory.isRead || text !== memory.text) {
    memory.results.clear();
    memory.isRead = false;
    memory.lock = text === undefined ? new Map() : readLock(text, memory.parts);
    memory.text = text;
    memory.isRead = true;
  }
  return memory.lock;
}

function resultOf(useCase: UseCase, lock: Lock, { results }: LockMemory): Result {
  const result = results.get(useCase) ?? applyUseCase(useCase, lock.get(useCase.name));
  results.set(useCase, result);
  return result;
}

interface Result {
  readonly useCase: UseCase;
  readonly locked: LockedUseCase;
  readonly diagnostics: Diagnostic[];
}

function applyUseCase(useCase: UseCase, before: LockedUseCase = NEW_USE_CASE): Result {
  const { event } = useCase;
  const ancestors = ancestorsOf(event, before);
  const released = releasedNumbers(before);
  const messages = event.messages.map((message) => applyMessage(message, ancestors, released));
  const enums = event.enums.map((union) => applyEnum(union, ancestors.enum(union.name), released));
  const unions = event.unions.map((union) => applyUnion(union, event, ancestors, released));
  const root = rootMessages(event)[0]?.span ?? useCase.span;
  const diagnostics = [
    ...otherRoot(event, before).map((names) => diagnostic("event-type-changed", root, names)),
    ...misnamedTypes(event, before),
    ...[...messages, ...enums, ...unions].flatMap(({ diagnostics }) => diagnostics),
  ];
  const numbered: Event = {
    ...event,
    messages: messages.map(({ result }) => result),
    enums: enums.map(({ result }) => result),
    unions: unions.map(({ result }) => result),
  };
  const evolved = evolve(numbered, before, useCase.name);
  return {
    useCase: { ...useCase, event: evolved.event },
    locked: {
      version: evolved.event.version,
      event: event.name,
      messages: withRemoved(messages, before.messages, "message", ancestors),
      enums: withRemoved(enums, before.enums, "enum", ancestors),
      unions: withRemoved(unions, before.unions, "union", ancestors),
      releases: before.releases,
      retired: before.retired,
    },
    // What the working state already says of a change is not said again of each version.
    diagnostics: diagnostics.length > 0 ? diagnostics : evolved.diagnostics,
  };
}

/** What the event's own type was and is, where it is not the same under another name. */
function otherRoot({ name, unions }: Event, before: LockedUseCase): { readonly old: string; readonly now: string }[] {
  if (before.event === "") return [];
  const was = before.unions.has(before.event) ? "union" : "message";
  const is = unions.some((union) => union.name === name) ? "union" : "message";
  const isKnown = before.messages.has(name) || before.unions.has(name);
  const isSame = was === is && (name === before.event || !isKnown);
  return isSame ? [] : [{ old: `${was} ${before.event}`, now: `${is} ${name}` }];
}

/** What the lock knows of a use case that it does not know. */
export const NEW_USE_CASE: LockedUseCase = {
  version: 1,
  event: "",
  messages: new Map(),
  enums: new Map(),
  unions: new Map(),
  releases: new Map(),
  retired: 0,
};

function applyMessage({ name, fields, ...message }: Message, ancestors: Ancestors, released: ReleasedNumber) {
  const before = ancestors.message(name);
  const { numbers, ...assigned } = assignTyped(name, fields, before, ancestors, released);
  const numbered = fields.map((field, i) => ({ ...field, number: numbers[i]! }));
  return { ...assigned, result: { ...message, name, fields: numbered, removed: removedOf(assigned.locked) } };
}

function applyUnion(union: Union, event: Event, ancestors: Ancestors, released: ReleasedNumber) {
  const parts = variantsOf(union, event).map((variant) => ({ ...variant, span: union.span }));
  const { numbers, ...assigned } = assignTyped(union.name, parts, ancestors.union(union.name), ancestors, released);
  const variants = union.variants.map((variant, i) => ({ ...variant, number: numbers[i]! }));
  return { ...assigned, result: { ...union, variants, removed: removedOf(assigned.locked) } };
}

function assignTyped(
  owner: string,
  declared: readonly Pick<Field, "name" | "type" | "span" | "was">[],
  before: LockedType | undefined,
  { isSame }: Ancestors,
  released: ReleasedNumber,
) {
  const parts = declared.map(({ type, ...part }) => ({ ...part, type: wireTypeName(type), of: type }));
  const isReadableAs = (locked: LockedPart, { of }: (typeof parts)[number]) => isReadable(locked.type, of, isSame);
  const { numbers, locked, conflicts, misnamed } = assignNumbers(
    parts,
    before,
    isReadableAs,
    MAX_FIELD_NUMBER,
    (name) => before && released(before, name),
  );
  const diagnostics = [
    ...conflicts.map(([{ name, type, span }, { type: old, number }]) =>
      diagnostic("field-type-changed", span, { field: name, message: owner, number, old, now: type }),
    ),
    ...misnamed.map(([part, fault]) => unknownFormerName(part, part.span, owner, fault)),
  ];
  return { numbers, locked, diagnostics };
}

function applyEnum(union: Enum, before: LockedType | undefined, released: ReleasedNumber) {
  const members = union.members.map(({ name, was }) => ({ name, was, type: "" }));
  const { numbers, locked, misnamed } = assignNumbers(
    members,
    before,
    () => true,
    2 ** 31 - 1,
    (name) => before && released(before, name),
  );
  return {
    locked,
    result: {
      ...union,
      members: union.members.map((member, i) => ({ ...member, number: numbers[i]! })),
      removed: removedOf(locked),
    },
    diagnostics: misnamed.map(([member, fault]) => unknownFormerName(member, union.span, union.name, fault)),
  };
}

interface Renamed {
  readonly name: string;
  readonly was?: readonly string[] | undefined;
}

function unknownFormerName({ name, was = [] }: Renamed, span: Span, owner: string, fault: WrongFormerName) {
  return diagnostic("unknown-former-name", span, { name, owner, was: was.join("' and '"), ...fault });
}

/** Types that say they were called as others are now: which is which the lock could not tell. */
function misnamedTypes({ name: owner, messages }: Event, before: LockedUseCase): Diagnostic[] {
  return messages.flatMap((message) => {
    const fault = before.messages.has(message.name) ? stillThere(message, messages) : undefined;
    return fault ? [unknownFormerName(message, message.span, owner, fault)] : [];
  });
}

function removedOf({ removed }: LockedType) {
  return removed.map(({ name, number }) => ({ name, number })).sort((a, b) => a.number - b.number);
}

/** The event's own, and those that it no longer has: a field of such a type may come back. */
function withRemoved(
  current: readonly { readonly result: Message | Enum | Union; readonly locked: LockedType }[],
  before: ReadonlyMap<string, LockedType>,
  kind: Kind,
  { nameNow }: Ancestors,
): Map<string, LockedType> {
  const there = current.map(({ result, locked }) => [result.name, locked] as const);
  if (before.size === 0) return new Map(there);
  const all = [...[...before].filter(([name]) => nameNow(kind, name) === name), ...there];
  const now = (part: LockedPart) => ({ ...part, type: renamed(part.type, nameNow) });
  return new Map(all.map(([name, { parts, removed }]) => [name, { parts: parts.map(now), removed: removed.map(now) }]));
}

function spanAt(text: string, offset: number): Span {
  const before = text.slice(0, offset).split("\n");
  const line = before.length;
  const column = before.at(-1)!.length + 1;
  return { file: LOCK_FILE, line, column, endLine: line, endColumn: column + 1 };
}
