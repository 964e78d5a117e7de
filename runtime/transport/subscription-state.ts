import type { SubscriptionType } from "./transport.ts";

/** Nobody: what no consumer holds, and a partition that no consumer owns. Consumer ids start above. */
export const NOBODY = 0;
/** Holds what cannot be read, so that it is neither delivered again nor forgotten. */
export const QUARANTINE = 0xffffffff;

/** Records `first` to `end - 1` of a partition, by offset. */
export interface Range {
  readonly partition: number;
  readonly first: number;
  readonly end: number;
}

/** Records below a cursor's `next` that are not settled. */
export interface Run {
  readonly first: number;
  readonly end: number;
  /** The consumer that holds them, or `NOBODY`, or `QUARANTINE`. */
  readonly holder: number;
  /** When `NOBODY` holds them: not to be delivered before, in ms since the Unix epoch. */
  readonly dueAt: number;
}

/**
 * How far a subscription has come in one partition. Everything below `next` that lies in no run of `pending` is
 * settled; so the mark-delete position is the first run's start, and acknowledged ranges are the gaps between runs.
 */
export interface PartitionCursor {
  /** The first record that was never delivered. */
  next: number;
  /** The consumer that alone gets this partition's records; `NOBODY` in shared subscriptions. */
  owner: number;
  /** Sorted, without overlaps. */
  readonly pending: Run[];
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
    partitions: starts.map((next) => ({ next, owner: NOBODY, pending: [] })),
  };
}

/** The first record of a partition that is not settled. */
export function markDelete(cursor: PartitionCursor): number {
  return cursor.pending[0]?.first ?? cursor.next;
}

/** Records not settled, given each partition's end. */
export function countBacklog(state: SubscriptionState, heads: readonly number[]): number {
  let count = 0;
  for (const [index, { next, pending }] of state.partitions.entries()) {
    count += Math.max(0, (heads[index] ?? 0) - next);
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
    for (const { first, end, holder } of cursor.pending.filter((run) => run.holder === consumer)) {
      replace(cursor.pending, first, end, (run) => (run.holder === holder ? [NOBODY, 0] : undefined));
    }
  }
}

/** Settles records for good, whoever holds them: they were handled. */
export function settle(state: SubscriptionState, { partition, first, end }: Range): void {
  replace(state.partitions[partition]!.pending, first, end, () => null);
}

/** Gives records back, if that consumer holds them still. */
export function giveBack(state: SubscriptionState, consumer: number, range: Range, dueAt: number): void {
  replace(state.partitions[range.partition]!.pending, range.first, range.end, (run) =>
    run.holder === consumer ? [NOBODY, dueAt] : undefined,
  );
}

/** Sets records aside that cannot be read. */
export function quarantine(state: SubscriptionState, { partition, first, end }: Range): void {
  replace(state.partitions[partition]!.pending, first, end, () => [QUARANTINE, 0]);
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
  const eligible = state.type === "shared" ? undefined : balance(state, consumer);
  const { length } = state.partitions;
  for (let step = 0; step < length && left > 0; step++) {
    const partition = (turn + step) % length;
    if (eligible && !eligible.has(partition)) continue;
    const cursor = state.partitions[partition]!;
    for (const run of cursor.pending.filter(({ holder, dueAt }) => holder === NOBODY && dueAt <= now)) {
      if (left === 0) break;
      const end = Math.min(run.end, run.first + left);
      replace(cursor.pending, run.first, end, () => [consumer, 0]);
      take(partition, run.first, end);
    }
    const end = Math.min(heads[partition]!, cursor.next + left);
    if (end > cursor.next) {
      append(cursor.pending, { first: cursor.next, end, holder: consumer, dueAt: 0 });
      take(partition, cursor.next, end);
      cursor.next = end;
    }
  }
  return claimed;
}

/**
 * When a `claim` for that consumer would change anything, as things stand: 0 for now, else when the earliest record that
 * was given back is due, or `Infinity`. Moving a partition counts: a consumer that only looked would leave it to another
 * one that only looks.
 */
export function claimableAt(state: SubscriptionState, consumer: number, heads: readonly number[], now: number): number {
  // Balancing moves owners only: it may do so on copies.
  const partitions = state.partitions.map((cursor) => ({ ...cursor }));
  const eligible = state.type === "shared" ? undefined : balance({ ...state, partitions }, consumer);
  if (partitions.some(({ owner }, index) => owner !== state.partitions[index]!.owner)) return 0;
  let earliest = Number.POSITIVE_INFINITY;
  for (const [partition, cursor] of partitions.entries()) {
    if (eligible && !eligible.has(partition)) continue;
    if (heads[partition]! > cursor.next) return 0;
    for (const { holder, dueAt } of cursor.pending) {
      if (holder !== NOBODY) continue;
      if (dueAt <= now) return 0;
      earliest = Math.min(earliest, dueAt);
    }
  }
  return earliest;
}

/** Whether a consumer holds records of this partition, so that nobody else may have its others. */
function isBusy(cursor: PartitionCursor): boolean {
  return cursor.pending.some(({ holder }) => holder !== NOBODY && holder !== QUARANTINE);
}

/**
 * Moves partitions towards even shares, and says which of them that consumer may take records from. A partition only
 * moves while nobody holds records of it; one that its owner has to give up gets no new deliveries until then.
 */
function balance(state: SubscriptionState, consumer: number): ReadonlySet<number> {
  const { partitions, consumers } = state;
  const shareOf = (rank: number) =>
    Math.floor(partitions.length / consumers.length) + (rank < partitions.length % consumers.length ? 1 : 0);
  const share = new Map(consumers.map(({ id }, rank) => [id, shareOf(rank)]));
  const owned = new Map<number, number>();
  for (const { owner } of partitions) owned.set(owner, (owned.get(owner) ?? 0) + 1);
  const surplusOf = (id: number) => (owned.get(id) ?? 0) - (share.get(id) ?? 0);
  const give = (cursor: PartitionCursor, to: number) => {
    owned.set(cursor.owner, owned.get(cursor.owner)! - 1);
    owned.set(to, (owned.get(to) ?? 0) + 1);
    cursor.owner = to;
  };

  for (const cursor of partitions) {
    const mine = cursor.owner === consumer;
    if (isBusy(cursor)) continue;
    if (mine && surplusOf(consumer) > 0) give(cursor, NOBODY);
    else if (!mine && surplusOf(consumer) < 0 && (cursor.owner === NOBODY || surplusOf(cursor.owner) > 0)) {
      give(cursor, consumer);
    }
  }
  const mine = [...partitions.keys()].filter((index) => partitions[index]!.owner === consumer);
  return new Set(mine.slice(0, share.get(consumer) ?? 0));
}

/**
 * Changes the parts of runs that lie in `[first, end)`: to the holder and due time that `change` returns, or to settled
 * when it returns null; undefined leaves the run. Equal neighbours become one run, which keeps the list short.
 */
function replace(
  pending: Run[],
  first: number,
  end: number,
  change: (run: Run) => readonly [holder: number, dueAt: number] | null | undefined,
): void {
  const from = lowestEndingAbove(pending, first);
  const pieces: Run[] = [];
  let to = from;
  for (; to < pending.length && pending[to]!.first < end; to++) {
    const run = pending[to]!;
    const changed = change(run);
    if (changed === undefined) {
      append(pieces, run);
      continue;
    }
    if (run.first < first) append(pieces, { ...run, end: first });
    if (changed) {
      const [holder, dueAt] = changed;
      append(pieces, { first: Math.max(run.first, first), end: Math.min(run.end, end), holder, dueAt });
    }
    if (run.end > end) append(pieces, { ...run, first: end });
  }
  // Neighbours on both sides take part, so that a run that was split grows together again.
  const before = Math.max(0, from - 1);
  const after = Math.min(pending.length, to + 1);
  const merged: Run[] = [];
  for (const run of [...pending.slice(before, from), ...pieces, ...pending.slice(to, after)]) append(merged, run);
  pending.splice(before, after - before, ...merged);
}

/** Adds a run at the end, or lengthens the last run where both are of a kind. */
function append(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (last && last.end === run.first && last.holder === run.holder && last.dueAt === run.dueAt) {
    runs[runs.length - 1] = { ...last, end: run.end };
  } else {
    runs.push(run);
  }
}

/** The index of the first run that ends above `offset`. */
function lowestEndingAbove(runs: readonly Run[], offset: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (runs[middle]!.end > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
