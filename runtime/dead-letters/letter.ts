import type { Failure, FailureReason, Message, TaskRecord, UseCaseSettings } from "../contract/contract.ts";
import { type Signature, signatureOf } from "./signature.ts";

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
