import { sleep } from "../contract/clock.ts";
import { type FailureReason, type TaskRecord, topicOf } from "../contract/contract.ts";
import type { Ports } from "../ports/ports.ts";
import { createPublisher } from "../ports/publisher.ts";
import type { Signature } from "./letter.ts";
import { type DeadLetter, isMeant, type LetterFilter, type LetterPlace, letterOf } from "./letter.ts";
import { scanLetters } from "./scan-letters.ts";

/** Dead letters of one cause. */
export interface LetterGroup {
  readonly signature: Signature;
  readonly reason: FailureReason;
  readonly count: number;
  /** When the first and the last of them was given up, in ms since the Unix epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Of their events, ascending. */
  readonly versions: readonly number[];
  /** A task's, as an example. */
  readonly id: string;
}

/** `unreachable` are there, but held by somebody else now: at least so many, as far as the transport can tell. */
export interface Found<T> {
  readonly found: readonly T[];
  readonly unreachable: number;
}

/** What became of dead letters. */
export interface LettersTaken {
  readonly count: number;
  readonly unreachable: number;
}

export interface TakeOptions {
  readonly filter?: LetterFilter;
  /** Default: all. */
  readonly limit?: number | undefined;
  /**
   * Told of letters that were handed on or are about to be forgotten, before they leave their topic. What it throws ends
   * the work: they stay.
   */
  readonly audit?: ((letters: readonly DeadLetter[]) => void) | undefined;
}

export interface RedriveOptions extends TakeOptions {
  /** Most letters a second. Default: as fast as it goes. */
  readonly perSecond?: number | undefined;
}

/** With a rate, letters are handed on so often. */
const SLICE_MS = 100;

/** All that are meant, by their cause, the most frequent first. */
export async function groupDeadLetters(
  ports: Ports,
  place: LetterPlace,
  filter: LetterFilter = {},
): Promise<Found<LetterGroup>> {
  const groups = new Map<
    string,
    LetterGroup & { count: number; firstAt: number; lastAt: number; versions: number[] }
  >();
  const unreachable = await scanLetters(ports, place, async (messages) => {
    for (const letter of messages.map(letterOf).filter((letter) => isMeant(letter, filter))) {
      const { signature, record } = letter;
      const { reason, failedAt } = record.failure;
      const group = groups.get(signature.id) ?? {
        ...{ signature, reason, count: 0, firstAt: failedAt, lastAt: failedAt, versions: [], id: record.id },
      };
      groups.set(signature.id, group);
      group.count++;
      group.firstAt = Math.min(group.firstAt, failedAt);
      group.lastAt = Math.max(group.lastAt, failedAt);
      if (!group.versions.includes(record.version)) group.versions.push(record.version);
    }
    return true;
  });
  for (const { versions } of groups.values()) versions.sort((a, b) => a - b);
  return { found: [...groups.values()].sort((a, b) => b.count - a.count), unreachable };
}

/** The first of those that are meant. */
export async function findDeadLetters(
  ports: Ports,
  place: LetterPlace,
  filter: LetterFilter,
  limit: number,
): Promise<Found<DeadLetter>> {
  const found: DeadLetter[] = [];
  const unreachable = await scanLetters(ports, place, async (messages) => {
    found.push(...messages.map(letterOf).filter((letter) => isMeant(letter, filter)));
    return found.length < limit;
  });
  return { found: found.slice(0, limit), unreachable };
}

/**
 * Hands dead letters to their subscriber again, as new tasks under their old ids: with all tries, and with the deadline
 * counted from now. Each is durable before it leaves the dead letters: whoever is interrupted goes on another time, and
 * may have handed one batch on twice.
 */
export async function redriveDeadLetters(
  ports: Ports,
  place: LetterPlace,
  { perSecond, ...options }: RedriveOptions = {},
): Promise<LettersTaken> {
  const { clock } = ports;
  const topic = topicOf(place.useCase.name, place.useCase.priority);
  const publisher = createPublisher(ports.transport);
  const most = perSecond ? Math.max(1, Math.floor((perSecond * SLICE_MS) / 1_000)) : Number.POSITIVE_INFINITY;
  let freeAt = clock.monotonic();
  try {
    return await takeLetters(ports, place, { ...options, most }, async (letters) => {
      if (perSecond) {
        const waitMs = freeAt - clock.monotonic();
        if (waitMs > 0) await sleep(clock, waitMs);
        freeAt = Math.max(freeAt, clock.monotonic()) + (letters.length / perSecond) * 1_000;
      }
      await publisher.publish(
        topic,
        letters.map(({ record }) => redriven(record, place, clock.now())),
      );
    });
  } finally {
    await publisher.close();
  }
}

/** Forgets dead letters for good. */
export function discardDeadLetters(ports: Ports, place: LetterPlace, options: TakeOptions = {}): Promise<LettersTaken> {
  return takeLetters(ports, place, { ...options, most: Number.POSITIVE_INFINITY }, async () => {});
}

function redriven(
  { failure: _, ...record }: TaskRecord,
  { useCase, subscriber }: LetterPlace,
  now: number,
): TaskRecord {
  const { name, priority } = useCase;
  return { ...record, useCase: name, priority, subscription: subscriber, attempt: 1, dueAt: now };
}

/** Takes letters out of their topic, `most` at a time, once `handle` has stored what becomes of them. */
async function takeLetters(
  ports: Ports,
  place: LetterPlace,
  { filter = {}, limit = Number.POSITIVE_INFINITY, audit, most }: TakeOptions & { readonly most: number },
  handle: (letters: readonly DeadLetter[]) => Promise<void>,
): Promise<LettersTaken> {
  let count = 0;
  const unreachable = await scanLetters(ports, place, async (messages, acknowledge) => {
    const meant = messages
      .map((message) => ({ message, letter: letterOf(message) }))
      .filter(({ letter }) => isMeant(letter, filter))
      .slice(0, limit - count);
    for (let from = 0; from < meant.length; from += most) {
      const slice = meant.slice(from, from + most);
      const letters = slice.map(({ letter }) => letter);
      await handle(letters);
      audit?.(letters);
      await acknowledge(slice.map(({ message }) => message));
      count += slice.length;
    }
    return count < limit;
  });
  return { count, unreachable };
}
