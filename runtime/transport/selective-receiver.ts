import type { Message } from "../contract/contract.ts";
import { createBacklogLanes, type LanesOptions, type Taken } from "./backlog-lanes.ts";
import { lookAhead, type RecordSource } from "./look-ahead.ts";
import { OffsetSet } from "./offset-set.ts";
import { createOthersBacklog } from "./others-backlog.ts";
import { NOBODY } from "./runs.ts";
import { markDelete, type PartitionCursor, type SubscriptionState } from "./subscription-state.ts";

/** Records looked at in one go: a few ms, so that others have their turn on the event loop. */
const LOOK_AT_ONCE = 8_192;

/** A record that a consumer asks for. */
export interface Picked {
  readonly partition: number;
  readonly offset: number;
  /** Its place in a lane; absent for what cannot be read. */
  readonly taken?: Taken;
  /** Where it has been read already. */
  readonly message?: Message;
}

/** What is known of a partition that the consumer may take records from. */
interface Followed {
  /** Every record below was looked at. */
  lookedTo: number;
  head: number;
  returns: number;
  /** Records in lanes. */
  readonly known: OffsetSet;
}

export type SelectiveReceiver = ReturnType<typeof createSelectiveReceiver>;

/**
 * Picks what one consumer takes next where that is not just what comes next: in order by key, it passes over keys that
 * have to wait; in turns, it goes round the tenants of the whole backlog. It knows records by their headers and may be
 * behind what others do: what it picks counts once the subscription's state says so.
 */
export function createSelectiveReceiver(settings: Omit<LanesOptions, "elsewhere"> & { readonly source: RecordSource }) {
  const { ordered, fair, source } = settings;
  const followed = new Map<number, Followed>();
  const others = createOthersBacklog();
  const lanes = createBacklogLanes({ ...settings, elsewhere: others.count });
  /** By partition, with order: what the consumer holds, so that what is settled or given back twice counts once. */
  const held = new Map<number, OffsetSet>();
  /** What cannot be read: taken as it is found, so that it is told of and set aside. */
  let unreadable: Picked[] = [];
  let nextDueAt = Number.POSITIVE_INFINITY;
  /** Whether something was handed out before all of the backlog was known. */
  let hurried = false;
  let turn = 0;

  function know(partition: number, offset: number, message: Message | undefined): void {
    if (!message) {
      unreadable.push({ partition, offset });
      return;
    }
    followed.get(partition)!.known.add(offset, offset + 1);
    lanes.add({ partition, offset, key: message.key, tenant: message.tenant });
  }

  function hold({ partition, offset }: Picked): void {
    let offsets = held.get(partition);
    if (!offsets) {
      offsets = new OffsetSet();
      held.set(partition, offsets);
    }
    offsets.add(offset, offset + 1);
  }

  /** False where it was not held. */
  function letGo(message: Message): boolean {
    const { partition, offset } = placeOf(message);
    const offsets = held.get(partition);
    if (!offsets?.has(offset)) return false;
    offsets.delete(offset, offset + 1);
    return true;
  }

  /** Learns what the consumer may take: `mine`, undefined for all partitions. */
  function follow(
    state: SubscriptionState,
    heads: readonly number[],
    mine: ReadonlySet<number> | undefined,
    now: number,
  ): void {
    nextDueAt = Number.POSITIVE_INFINITY;
    for (const [partition, cursor] of state.partitions.entries()) {
      if (mine && !mine.has(partition)) {
        if (followed.delete(partition)) lanes.forget(partition);
        if (ordered && fair) others.follow(partition, cursor, heads[partition]!);
        continue;
      }
      others.leave(partition);
      let known = followed.get(partition);
      if (!known) {
        known = { lookedTo: markDelete(cursor), head: 0, returns: cursor.returns, known: new OffsetSet() };
        followed.set(partition, known);
      }
      known.head = heads[partition]!;
      if (known.returns !== cursor.returns) lookAgain(partition, cursor, known);
      lookAtDue(partition, cursor, known, now);
    }
  }

  /** Something came back, which this consumer had not given back itself. */
  function lookAgain(partition: number, { open, returns }: PartitionCursor, known: Followed): void {
    known.returns = returns;
    const back: number[] = [];
    open.eachMissing(known.known, known.lookedTo, (offset) => back.push(offset));
    for (const offset of back) know(partition, offset, source.read(partition, offset));
  }

  function lookAtDue(partition: number, { pending }: PartitionCursor, known: Followed, now: number): void {
    for (const { first, end, holder, dueAt } of pending) {
      if (holder !== NOBODY) continue;
      if (dueAt > now) {
        nextDueAt = Math.min(nextDueAt, dueAt);
        continue;
      }
      for (let offset = first; offset < Math.min(end, known.lookedTo); offset++) {
        if (!known.known.has(offset)) know(partition, offset, source.read(partition, offset));
      }
    }
  }

  function pickFair(state: SubscriptionState, max: number, picks: Picked[]): boolean {
    let left = LOOK_AT_ONCE;
    for (const [partition, known] of followed) {
      if (left === 0) break;
      left = lookAhead(source, partition, known, state.partitions[partition]!, left, (offset, message) => {
        know(partition, offset, message);
        return true;
      });
    }
    for (const [partition, known] of others.partitions) {
      if (left === 0) break;
      left = lookAhead(source, partition, known, state.partitions[partition]!, left, (_, message) => {
        others.add(partition, message?.tenant ?? "");
        return true;
      });
    }
    const isUnfinished = [...followed.values(), ...others.partitions.values()].some(
      ({ lookedTo, head }) => lookedTo < head,
    );
    // Turns are fair only among those who are known: nobody waits for that longer than a first batch takes.
    if (!isUnfinished) hurried = false;
    else if (hurried) return true;
    takeFromLanes(max, picks);
    if (isUnfinished && picks.length > 0) hurried = true;
    return isUnfinished;
  }

  function takeFromLanes(max: number, picks: Picked[]): void {
    while (picks.length < max) {
      const taken = lanes.next();
      if (!taken) return;
      followed.get(taken.partition)?.known.delete(taken.offset, taken.offset + 1);
      picks.push({ partition: taken.partition, offset: taken.offset, taken });
    }
  }

  function pickOrdered(state: SubscriptionState, max: number, picks: Picked[]): boolean {
    takeFromLanes(max, picks);
    let left = LOOK_AT_ONCE;
    const { length } = state.partitions;
    const from = turn;
    for (let step = 0; step < length && picks.length < max && left > 0; step++) {
      const partition = (from + step) % length;
      const known = followed.get(partition);
      if (!known) continue;
      turn = (partition + 1) % length;
      left = lookAhead(source, partition, known, state.partitions[partition]!, left, (offset, message) => {
        if (!message || !lanes.takeAtOnce(message.key, partition)) know(partition, offset, message);
        else {
          const taken = { partition, offset, key: message.key, tenant: message.tenant };
          picks.push({ partition, offset, taken, message });
        }
        return picks.length < max;
      });
    }
    return left === 0;
  }

  return {
    follow,

    /** When something that was put off can be taken, in ms since the Unix epoch. */
    get nextDueAt(): number {
      return nextDueAt;
    },

    /** Whether something can be picked that could not before. */
    get ready(): boolean {
      return lanes.ready;
    },

    /** Picks up to `max` records. `isUnfinished`: there is more to look at, which is worth another call. */
    pick(state: SubscriptionState, max: number): { picks: Picked[]; isUnfinished: boolean } {
      const picks: Picked[] = [];
      const isUnfinished = fair ? pickFair(state, max, picks) : pickOrdered(state, max, picks);
      picks.push(...unreadable);
      unreadable = [];
      return { picks, isUnfinished };
    },

    /** Told which of the picks are the consumer's now. */
    claimed(picks: readonly Picked[], done: readonly boolean[]): void {
      for (const [index, pick] of picks.entries()) {
        const { partition, taken } = pick;
        if (done[index]) {
          if (ordered && taken) hold(pick);
          continue;
        }
        if (taken) lanes.drop(taken);
        // Its partition has moved, and may come back with the record in it.
        if (ordered && followed.delete(partition)) lanes.forget(partition);
      }
    },

    /** Told that it was not possible to ask for them. */
    restore(picks: readonly Picked[]): void {
      for (const pick of picks) {
        if (!pick.taken) unreadable.push(pick);
        else {
          followed.get(pick.partition)?.known.add(pick.offset, pick.offset + 1);
          lanes.restore(pick.taken);
        }
      }
    },

    settled(messages: readonly Message[]): void {
      if (ordered) for (const message of messages) if (letGo(message)) lanes.settled(message.key);
    },

    /** Told before messages are given back. Returns those that it must be told of when that is done, or can't be. */
    returning(messages: readonly Message[]): readonly Message[] {
      if (!ordered) return messages;
      const given = messages.filter(letGo);
      for (const message of given) lanes.returning({ key: message.key, partition: placeOf(message).partition });
      return given;
    },

    /** Told where that was not possible. */
    kept(messages: readonly Message[]): void {
      if (!ordered) return;
      for (const message of messages) {
        const { partition, offset } = placeOf(message);
        hold({ partition, offset });
        lanes.kept({ key: message.key, partition });
      }
    },

    /** Told once they are; `isOpen`: for at once. `before` and `after`: how often something came back to each partition. */
    returned(messages: readonly Message[], isOpen: boolean, before: readonly number[], after: readonly number[]): void {
      for (const [partition, known] of followed) {
        if (known.returns === before[partition]) known.returns = after[partition]!;
      }
      for (const message of messages) {
        const { partition, offset } = placeOf(message);
        const known = followed.get(partition);
        // What was not looked at yet will be.
        const isKnown = isOpen && known !== undefined && offset < known.lookedTo;
        if (isKnown) known.known.add(offset, offset + 1);
        lanes.returned({ partition, offset, key: message.key, tenant: message.tenant }, isKnown);
      }
    },
  };
}

const placeOf = (message: Message) => message.position as { readonly partition: number; readonly offset: number };
