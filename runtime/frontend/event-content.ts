import { hash } from "node:crypto";
import type { TaskRecord } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";

/** 132 bits: nobody finds two events that share them. */
const DIGEST_CHARACTERS = 22;

/** What an event is, in a few bytes: its version, and a hash of its canonical bytes. */
export function contentOf({ version, payload }: TaskRecord): string {
  return `${version}.${hash("sha256", payload, "base64url").slice(0, DIGEST_CHARACTERS)}`;
}

/**
 * Whether two contents are those of two events. Of two versions nobody can tell, since each writes the same event in its own
 * way; nor where one is not known.
 */
export function isAnother(content: string, other: string | undefined): boolean {
  if (other === undefined || content === other) return false;
  return versionOf(content) === versionOf(other);
}

const versionOf = (content: string): string => content.slice(0, content.indexOf("."));

export interface ConflictPlace {
  /** The record's place in its call; absent: it was enqueued alone. */
  readonly index?: number | undefined;
  /** Whether other events of the call are stored. */
  readonly othersStored?: boolean;
}

/** `before` says what the other event with that id is. */
export function conflict(
  { useCase, dedupeId }: TaskRecord,
  before: string,
  { index, othersStored = false }: ConflictPlace = {},
): FivefoldError {
  const id = dedupeId.length > 80 ? `${dedupeId.slice(0, 80)}…` : dedupeId;
  return new FivefoldError(
    "conflict",
    `${index === undefined ? "The event" : `Event [${index}]`} for '${useCase}' has the dedupe id '${id}', which stands for ` +
      `another event: ${before}. Within \`dedupeFor\` an id stands for one event. ` +
      `${othersStored ? "It was not stored; others of the call were" : "Nothing was stored"}. Give an event that differs an ` +
      "id of its own, or enqueue again what was enqueued before.",
    { mayBeStored: othersStored },
  );
}
