import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import type { FailureReason } from "../../../runtime/contract/contract.ts";
import { deathOf, KINDS, PLACES, placeOf, subscribersOf } from "./kinds.ts";

/** One run of a handler that ended well. Times are monotonic µs. */
export interface Run {
  readonly worker: string;
  readonly task: string;
  readonly enqueuedAt: number;
  readonly from: number;
  readonly at: number;
}

/** An enqueue that has ended. */
export interface Enqueue {
  readonly from: number;
  readonly at: number;
  readonly ids: readonly string[];
}

/** What came of everything that was enqueued. */
export interface ClusterHistory {
  /** Takes in a line that a process told. */
  take(teller: string, line: string): void;
  takeDead(place: string, id: string, reason: FailureReason): void;
  /** Ids whose enqueue resolved, by kind. */
  readonly accepted: ReadonlyMap<string, ReadonlySet<string>>;
  /** Accepted, and not done yet, by place. */
  readonly pending: ReadonlyMap<string, ReadonlySet<string>>;
  /** By place, then by id, in the order in which they were told. */
  readonly runs: ReadonlyMap<string, ReadonlyMap<string, readonly Run[]>>;
  readonly dead: ReadonlyMap<string, ReadonlyMap<string, FailureReason>>;
  /** Enqueues that were refused, by kind; and those of which something may be stored. */
  readonly refused: ReadonlyMap<string, readonly (Enqueue & { readonly mayBeStored: boolean })[]>;
  /** How often receipts said of an id that it was accepted now. */
  readonly fresh: ReadonlyMap<string, number>;
  /** When a place was handled, and a kind accepted, last. */
  readonly handledAt: ReadonlyMap<string, number>;
  readonly acceptedAt: ReadonlyMap<string, number>;
  readonly early: readonly string[];
  readonly problems: ReadonlyMap<string, number>;
  /** Workers that said that they work. */
  readonly working: ReadonlySet<string>;
}

function byKey<K, V>(keys: readonly K[], create: () => V): Map<K, V> {
  return new Map(keys.map((key) => [key, create()]));
}

export function createClusterHistory(): ClusterHistory {
  const kinds = Object.keys(KINDS);
  const places = PLACES.map(({ kind, subscriber }) => placeOf(kind, subscriber));
  const accepted = byKey(kinds, () => new Set<string>());
  const pending = byKey(places, () => new Set<string>());
  const runs = byKey(places, () => new Map<string, Run[]>());
  const dead = byKey(places, () => new Map<string, FailureReason>());
  const refused = byKey(kinds, () => [] as (Enqueue & { mayBeStored: boolean })[]);
  const fresh = new Map<string, number>();
  const handledAt = new Map<string, number>();
  const acceptedAt = new Map<string, number>();
  const early: string[] = [];
  const problems = new Map<string, number>();
  const working = new Set<string>();

  function isDone(place: string, kind: string, id: string): boolean {
    return deathOf(kind, id) === undefined ? runs.get(place)!.has(id) : dead.get(place)!.has(id);
  }

  function takeAccepted(kind: string, [, at, marks, ...ids]: string[]): void {
    acceptedAt.set(kind, Math.max(Number(at), acceptedAt.get(kind) ?? 0));
    for (const [index, id] of ids.entries()) {
      if (KINDS[kind]!.settings?.dedupeForMs && marks![index] === "1") fresh.set(id, (fresh.get(id) ?? 0) + 1);
      if (accepted.get(kind)!.has(id)) continue;
      accepted.get(kind)!.add(id);
      for (const subscriber of subscribersOf(kind)) {
        const place = placeOf(kind, subscriber);
        if (!isDone(place, kind, id)) pending.get(place)!.add(id);
      }
    }
  }

  function takeHandled(worker: string, kind: string, [subscriber, id, task, ...numbers]: string[]): void {
    const place = placeOf(kind, subscriber!);
    const [enqueuedAt, from, at, earlyMs] = numbers.map(Number) as [number, number, number, number];
    const run = { worker, task: task!, enqueuedAt, from, at };
    const known = runs.get(place)!.get(id!);
    if (known) known.push(run);
    else runs.get(place)!.set(id!, [run]);
    if (deathOf(kind, id!) === undefined) pending.get(place)!.delete(id!);
    if (earlyMs > 0) early.push(`${place} ${id} ran ${earlyMs} ms before it was due`);
    handledAt.set(place, Math.max(at, handledAt.get(place) ?? 0));
  }

  return {
    take(teller, line) {
      const [what, kind = "", ...rest] = line.split(" ");
      if (what === "accepted") takeAccepted(kind, rest);
      else if (what === "handled") takeHandled(teller, kind, rest);
      else if (what === "works") working.add(teller);
      else if (what === "refused") {
        const [from, at, mayBeStored, ...ids] = rest;
        refused.get(kind)!.push({ from: Number(from), at: Number(at), mayBeStored: mayBeStored === "true", ids });
      } else if (what === "problem") {
        const problem = line.slice("problem ".length).replaceAll(/[0-9a-z]*\d[0-9a-z]*/g, "…");
        problems.set(problem, (problems.get(problem) ?? 0) + 1);
      }
    },
    takeDead(place, id, reason) {
      dead.get(place)!.set(id, reason);
      pending.get(place)!.delete(id);
    },
    ...{ accepted, pending, runs, dead, refused, fresh, handledAt, acceptedAt, early, problems, working },
  };
}

/** Reads what was added to the files of a folder, each one's name being who tells. */
export function createTailReader(folder: string, take: (teller: string, line: string) => void): () => void {
  const files = new Map<string, { at: number; rest: Buffer }>();
  const chunk = Buffer.alloc(1 << 20);
  return () => {
    for (const name of readdirSync(folder)) {
      const known = files.get(name) ?? { at: 0, rest: Buffer.alloc(0) };
      files.set(name, known);
      const file = openSync(join(folder, name), "r");
      for (let length = readSync(file, chunk, 0, chunk.length, known.at); length > 0; ) {
        known.at += length;
        const text = Buffer.concat([known.rest, chunk.subarray(0, length)]);
        const end = text.lastIndexOf(10) + 1;
        known.rest = text.subarray(end);
        for (const line of text.toString("utf8", 0, end).split("\n")) if (line !== "") take(name, line);
        length = readSync(file, chunk, 0, chunk.length, known.at);
      }
      closeSync(file);
    }
  };
}
