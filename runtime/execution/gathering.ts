import type { Cancel, Clock } from "../contract/clock.ts";
import type { BatchSettings, Message } from "../contract/contract.ts";

/** What bounds batches besides their setting. */
export interface BatchLimit {
  /** Most events that can be in one now. */
  largest(): number;
  /** Whether another one may start beside so many. */
  mayStart(running: number): boolean;
}

export interface GatheringOptions<E> {
  readonly batch: BatchSettings;
  /** Tries of a task after its first. */
  readonly maxRetries: number;
  readonly limit: BatchLimit;
  readonly start: (messages: readonly Message[], events: readonly E[]) => void;
  readonly clock: Clock;
}

/** Gathers tasks until a batch is full, or its first has waited long enough. */
export interface Gathering<E> {
  add(messages: readonly Message[], events: readonly E[]): void;
  /** Told that one of the batches that were started has ended. */
  ended(): void;
  /** From now on nothing waits for others. */
  stop(): void;
  /** Forgets what waits. */
  clear(): void;
  readonly waiting: number;
  find(id: string): { readonly state: "gathering"; readonly attempt: number; readonly since: number } | undefined;
}

/** By how much a retry's batch is smaller than that of the try before. */
const RETRY_SHRINKS = 4;

interface Gathered<E> {
  readonly message: Message;
  readonly event: E;
  readonly since: number;
}

/** Those that go together: tries of one size of batch, in the order in which they came. */
interface Group<E> {
  readonly size: number;
  items: Gathered<E>[];
}

/**
 * A first try is in a batch of up to `max`, each retry in one of a quarter of that, and the last try alone. So a task that
 * fails all which are handled with it fails alone in the end, though the handler can't tell which one it was, and a service
 * that comes back is not asked for each task by itself.
 */
export function batchSize({ max }: BatchSettings, maxRetries: number, { attempt, crashes }: Message): number {
  if (crashes !== undefined) return 1;
  if (attempt === 1) return max;
  return attempt > maxRetries ? 1 : Math.max(1, Math.ceil(max / RETRY_SHRINKS ** (attempt - 1)));
}

export function createGathering<E>(options: GatheringOptions<E>): Gathering<E> {
  const { batch, maxRetries, limit, start, clock } = options;
  const groups = new Map<number, Group<E>>();
  let running = 0;
  let stopped = false;
  let starting = false;
  let cancelTimer: Cancel | undefined;

  /** The group that may go now and whose first has waited longest. */
  function ready(now: number): Group<E> | undefined {
    let found: Group<E> | undefined;
    for (const group of groups.values()) {
      const [first] = group.items;
      if (!first || (found && found.items[0]!.since <= first.since)) continue;
      const isFull = group.items.length >= Math.min(group.size, limit.largest());
      if (isFull || stopped || now >= first.since + batch.withinMs) found = group;
    }
    return found;
  }

  function startReady(): void {
    // A handler that returns at once ends its batch in here: the loop goes on with the next.
    if (starting) return;
    starting = true;
    try {
      const now = clock.monotonic();
      for (let group = ready(now); group && limit.mayStart(running); group = ready(now)) {
        const { size } = group;
        const items = group.items.slice(0, size);
        group.items = group.items.slice(size);
        if (group.items.length === 0) groups.delete(size);
        running++;
        start(
          items.map(({ message }) => message),
          items.map(({ event }) => event),
        );
      }
    } finally {
      // Whatever was thrown, later batches can start.
      starting = false;
    }
    startLater(clock.monotonic());
  }

  /** What may not start now for want of others, and not of a limit, starts when its time is over. */
  function startLater(now: number): void {
    cancelTimer?.();
    cancelTimer = undefined;
    let firstAt = Number.POSITIVE_INFINITY;
    for (const { items } of groups.values()) firstAt = Math.min(firstAt, items[0]!.since + batch.withinMs);
    if (firstAt <= now || firstAt === Number.POSITIVE_INFINITY) return;
    cancelTimer = clock.after(firstAt - now, startReady);
  }

  return {
    get waiting() {
      let waiting = 0;
      for (const { items } of groups.values()) waiting += items.length;
      return waiting;
    },
    find(id) {
      for (const { items } of groups.values()) {
        const found = items.find(({ message }) => message.id === id);
        if (found) return { state: "gathering", attempt: found.message.attempt, since: found.since };
      }
      return undefined;
    },
    add(messages, events) {
      const since = clock.monotonic();
      for (const [i, message] of messages.entries()) {
        const size = batchSize(batch, maxRetries, message);
        const group = groups.get(size) ?? { size, items: [] };
        groups.set(size, group);
        group.items.push({ message, event: events[i]!, since });
      }
      startReady();
    },
    ended() {
      running--;
      startReady();
    },
    stop() {
      stopped = true;
      startReady();
    },
    clear() {
      cancelTimer?.();
      groups.clear();
    },
  };
}
