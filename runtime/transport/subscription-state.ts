import { OffsetSet } from "./offset-set.ts";
import { balance } from "./partition-shares.ts";
import { insertRun, NOBODY, QUARANTINE, type Run, replaceRuns, runAt } from "./runs.ts";
import type { SubscriptionType } from "./transport.ts";

/** Records `first` to `end - 1` of a partition, by offset. */
export interface Range {
  readonly partition: number;
  readonly first: number;
  readonly end: number;
}

/**
 * How far a subscription has come in one partition. Everything below `next` that lies neither in a run of `pending` nor in
 * `open` is settled.
 */
export interface PartitionCursor {
  /** Every record from here on can be delivered, and never was. */
  next: number;
  /** The consumer that alone gets this partition's records; `NOBODY` in shared subscriptions. */
  owner: number;
  /** What is held, put off or set aside: sorted, without overlaps. */
  readonly pending: Run[];
  /** What else below `next` can be delivered: given back, or passed over for what was to come first. */
  readonly open: OffsetSet;
  /** How often something came back to `open`: whoever knows what was in it has to look again. */
  returns: number;
  /** By offset, records that were in flight when a process ended: how many have ended since while they ran it alone. */
  readonly suspects: Map<number, number>;
}

export interface ConsumerEntry {
  readonly id: number;
  /** The process, or rather the opened transport, that the consumer lives in. */
  readonly session: number;
}

/** All that a subscription knows; plain data, stored as one value and changed by the functions below. */
export interface SubscriptionState {
  type: SubscriptionType;
  /** Sorted by id. */
  consumers: ConsumerEntry[];
  readonly partitions: PartitionCursor[];
}

/** A subscription that begins at those offsets. */
export function createSubscriptionState(starts: readonly number[]): SubscriptionState {
  return {
    type: "shared",
    consumers: [],
    partitions: starts.map((next) => createPartitionCursor(next, NOBODY, 0)),
  };
}

export function createPartitionCursor(next: number, owner: number, returns: number): PartitionCursor {
  return { next, owner, pending: [], open: new OffsetSet(), returns, suspects: new Map() };
}

/** The first record of a partition that is not settled. */
export function markDelete({ pending, open, next }: PartitionCursor): number {
  return Math.min(pending[0]?.first ?? next, open.next(0) ?? next);
}

/** Records not settled, given each partition's end. */
export function countBacklog(state: SubscriptionState, heads: readonly number[]): number {
  let count = 0;
  for (const [index, { next, pending, open }] of state.partitions.entries()) {
    count += Math.max(0, (heads[index] ?? 0) - next) + open.size;
    for (const run of pending) count += run.end - run.first;
  }
  return count;
}

/** Enters a consumer. False when others consume this subscription as another type. */
export function join(state: SubscriptionState, consumer: ConsumerEntry, type: SubscriptionType): boolean {
  if (state.consumers.length > 0 && state.type !== type) return false;
  state.type = type;
  state.consumers.push(consumer);
  return true;
}

/** Removes a consumer; what it held can be delivered at once, its partitions can be owned by others. */
export function leave(state: SubscriptionState, consumer: number): void {
  state.consumers = state.consumers.filter(({ id }) => id !== consumer);
  for (const cursor of state.partitions) {
    if (cursor.owner === consumer) cursor.owner = NOBODY;
    reopen(cursor, 0, cursor.next, consumer);
  }
}

/** What a consumer holds in a range can be delivered at once. */
function reopen(cursor: PartitionCursor, first: number, end: number, consumer: number): void {
  replaceRuns(cursor.pending, first, end, (run) => {
    if (run.holder !== consumer) return undefined;
    cursor.open.add(Math.max(run.first, first), Math.min(run.end, end));
    cursor.returns += 1;
    return null;
  });
}

/** Settles records for good, whoever holds them: they were handled. */
export function settle(state: SubscriptionState, { partition, first, end }: Range): void {
  const { pending, open, suspects } = state.partitions[partition]!;
  replaceRuns(pending, first, end, () => null);
  open.delete(first, end);
  for (const offset of suspects.keys()) if (offset >= first && offset < end) suspects.delete(offset);
}

/** Gives records back, if that consumer holds them still. `dueAt`: 0 for at once. */
export function giveBack(state: SubscriptionState, consumer: number, range: Range, dueAt: number): void {
  const cursor = state.partitions[range.partition]!;
  if (dueAt === 0) reopen(cursor, range.first, range.end, consumer);
  else {
    replaceRuns(cursor.pending, range.first, range.end, (run) =>
      run.holder === consumer ? [NOBODY, dueAt] : undefined,
    );
  }
}

/** Sets records aside that cannot be read. */
export function quarantine(state: SubscriptionState, { partition, first, end }: Range): void {
  const { pending, open } = state.partitions[partition]!;
  replaceRuns(pending, first, end, () => [QUARANTINE, 0]);
  open.eachRun(first, end, (from, to) => insertRun(pending, { first: from, end: to, holder: QUARANTINE, dueAt: 0 }));
  open.delete(first, end);
}

/**
 * Hands up to `max` records to a consumer: first what was given back and is due, then what was never delivered.
 * Partitions take turns from `turn` on, so that a busy one cannot starve the others.
 */
export function claim(
  state: SubscriptionState,
  consumer: number,
  heads: readonly number[],
  { max, now, turn }: { max: number; now: number; turn: number },
): Range[] {
  const claimed: Range[] = [];
  let left = max;
  const take = (partition: number, first: number, end: number) => {
    const last = claimed.at(-1);
    if (last?.partition === partition && last.end === first) claimed[claimed.length - 1] = { ...last, end };
    else claimed.push({ partition, first, end });
    left -= end - first;
  };
  const eligible = eligibleFor(state, consumer);
  const { length } = state.partitions;
  for (let step = 0; step < length && left > 0; step++) {
    const partition = (turn + step) % length;
    if (eligible && !eligible.has(partition)) continue;
    const cursor = state.partitions[partition]!;
    const { open, pending } = cursor;
    for (let first = open.next(0); first !== undefined && left > 0; first = open.next(first)) {
      const end = open.runEnd(first, first + left);
      open.delete(first, end);
      insertRun(pending, { first, end, holder: consumer, dueAt: 0 });
      take(partition, first, end);
    }
    for (const run of pending.filter(({ holder, dueAt }) => holder === NOBODY && dueAt <= now)) {
      if (left === 0) break;
      const end = Math.min(run.end, run.first + left);
      replaceRuns(pending, run.first, end, () => [consumer, 0]);
      take(partition, run.first, end);
    }
    const end = Math.min(heads[partition]!, cursor.next + left);
    if (end > cursor.next) {
      insertRun(pending, { first: cursor.next, end, holder: consumer, dueAt: 0 });
      take(partition, cursor.next, end);
      cursor.next = end;
    }
  }
  return claimed;
}

/**
 * Hands those of the records to a consumer that can be delivered to it now, and says for each whether it was done. What
 * they pass over can be delivered still.
 */
export function claimThese(
  state: SubscriptionState,
  consumer: number,
  records: readonly { readonly partition: number; readonly offset: number }[],
  now: number,
): boolean[] {
  const eligible = eligibleFor(state, consumer);
  return records.map(({ partition, offset }) => {
    if (eligible && !eligible.has(partition)) return false;
    const cursor = state.partitions[partition]!;
    const { open, pending } = cursor;
    const end = offset + 1;
    if (offset >= cursor.next) {
      open.add(cursor.next, offset);
      cursor.next = end;
    } else if (open.has(offset)) open.delete(offset, end);
    else {
      const run = runAt(pending, offset);
      if (!run || run.holder !== NOBODY || run.dueAt > now) return false;
      replaceRuns(pending, offset, end, () => null);
    }
    insertRun(pending, { first: offset, end, holder: consumer, dueAt: 0 });
    return true;
  });
}

/** Which partitions a consumer may take records from; `undefined`: all. Moves partitions where they should. */
function eligibleFor({ type, partitions, consumers }: SubscriptionState, consumer: number) {
  return type === "shared" ? undefined : balance(partitions, consumers, consumer);
}

/**
 * When a `claim` for that consumer would change anything, as things stand: 0 for now, else when the earliest record that
 * was given back is due, or `Infinity`. Moving a partition counts: a consumer that only looked would leave it to another
 * one that only looks.
 */
export function claimableAt(state: SubscriptionState, consumer: number, heads: readonly number[], now: number): number {
  const shares = sharesAt(state, consumer);
  if (shares.moves) return 0;
  let earliest = Number.POSITIVE_INFINITY;
  for (const [partition, cursor] of state.partitions.entries()) {
    if (shares.mine && !shares.mine.has(partition)) continue;
    if (heads[partition]! > cursor.next || cursor.open.size > 0) return 0;
    for (const { holder, dueAt } of cursor.pending) {
      if (holder !== NOBODY) continue;
      if (dueAt <= now) return 0;
      earliest = Math.min(earliest, dueAt);
    }
  }
  return earliest;
}

/**
 * Which partitions a consumer may take records from (`mine`; `undefined`: all), and whether a claim would move any. Changes
 * nothing.
 */
export function sharesAt(
  { type, partitions, consumers }: SubscriptionState,
  consumer: number,
): { mine: ReadonlySet<number> | undefined; moves: boolean } {
  if (type === "shared") return { mine: undefined, moves: false };
  const copies = partitions.map(({ owner, pending }) => ({ owner, pending }));
  const mine = balance(copies, consumers, consumer);
  return { mine, moves: copies.some(({ owner }, index) => owner !== partitions[index]!.owner) };
}
