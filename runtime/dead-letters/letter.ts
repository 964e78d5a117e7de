import { createHash } from "node:crypto";
import type { Failure, FailureReason, Message, TaskRecord, UseCaseSettings } from "../contract/contract.ts";

/** Whose dead letters. */
export interface LetterPlace {
  readonly useCase: UseCaseSettings;
  readonly subscriber: string;
}

/** A task that was given up, as it lies in its topic of dead letters. */
export interface DeadLetter {
  readonly record: TaskRecord & { readonly failure: Failure };
  readonly signature: Signature;
}

/** Which dead letters are meant. What is absent leaves all of them in. */
export interface LetterFilter {
  readonly ids?: ReadonlySet<string> | undefined;
  /** A signature's id. */
  readonly signature?: string | undefined;
  readonly reason?: FailureReason | undefined;
  /** The event's. */
  readonly version?: number | undefined;
  readonly key?: string | undefined;
  readonly tenant?: string | undefined;
  /** In ms since the Unix epoch, exclusive. */
  readonly failedBefore?: number | undefined;
  /** In ms since the Unix epoch, inclusive. */
  readonly failedFrom?: number | undefined;
  /** Asked last, of what all else leaves in: for what only the use case's codec can tell. */
  readonly matches?: ((letter: DeadLetter) => boolean) | undefined;
}

/** What somebody else published to the topic has no failure. */
const UNKNOWN = { reason: "unknown-use-case", message: "it does not say why it was given up", failedAt: 0 } as const;

export function letterOf({ position: _, notBefore: __, crashes: ___, ...record }: Message): DeadLetter {
  const failure = record.failure ?? { ...UNKNOWN, subscription: record.subscription };
  return { record: { ...record, failure }, signature: signatureOf(failure) };
}

export function isMeant(letter: DeadLetter, filter: LetterFilter): boolean {
  const { record, signature } = letter;
  const { failure } = record;
  const { ids, failedFrom, failedBefore } = filter;
  const is = <T>(wanted: T | undefined, found: T) => wanted === undefined || wanted === found;
  return (
    (ids?.has(record.id) ?? true) &&
    is(filter.signature, signature.id) &&
    is(filter.reason, failure.reason) &&
    is(filter.version, record.version) &&
    is(filter.key, record.key) &&
    is(filter.tenant, record.tenant) &&
    (failedFrom === undefined || failure.failedAt >= failedFrom) &&
    (failedBefore === undefined || failure.failedAt < failedBefore) &&
    (filter.matches?.(letter) ?? true)
  );
}

/** What failures of one cause have in common. */
export interface Signature {
  /** Eight hexadecimal digits that stand for reason and text. */
  readonly id: string;
  /** The message's first line without what differs from task to task: `connect ECONNREFUSED <n>.<n>.<n>.<n>:<n>`. */
  readonly text: string;
}

const LONGEST_TEXT = 200;

/** What differs from task to task, in the order in which it is looked for. */
const VARIABLES: readonly (readonly [RegExp, string])[] = [
  [/"[^"\n]*"|`[^`\n]*`|(?<![\p{L}\p{N}])'[^'\n]*'(?![\p{L}\p{N}])/gu, "<text>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  // Words of letters and digits: ids, hashes, hexadecimal numbers. Two digits at least, or `utf8` would be one.
  [/\b(?=[a-z_-]*\d[a-z_-]*\d)[\w-]*[a-z][\w-]*\b/gi, "<id>"],
  [/\d+/g, "<n>"],
];

export function signatureOf({ reason, message }: Failure): Signature {
  const line = message.split(/[\r\n]/, 1)[0]!.trim();
  let text = line;
  for (const [variable, name] of VARIABLES) text = text.replace(variable, name);
  if (text.length > LONGEST_TEXT) text = `${text.slice(0, LONGEST_TEXT - 1).toWellFormed()}…`;
  return { id: createHash("sha256").update(`${reason}\n${text}`).digest("hex").slice(0, 8), text };
}
