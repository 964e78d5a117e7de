import type { Clock } from "../../clock.ts";
import {
  claim,
  claimableAt,
  countBacklog,
  giveBack,
  join,
  leave,
  quarantine,
  type Range,
  type SubscriptionState,
  settle,
} from "../subscription-state.ts";
import type { SubscriptionType } from "../transport.ts";
import type { Cursors, SubscriptionName } from "./cursors.ts";
import type { Log } from "./log.ts";
import type { TopicRow } from "./stores.ts";

/** Acknowledgements of so much time share a transaction. */
const ACKNOWLEDGE_EVERY_MS = 2;

export type EmbeddedSubscription = ReturnType<typeof createEmbeddedSubscription>;

/** A subscription as this process sees it: collects acknowledgements and runs the state's changes. */
export function createEmbeddedSubscription(settings: {
  readonly topic: TopicRow;
  readonly name: SubscriptionName;
  readonly log: Pick<Log, "heads">;
  readonly cursors: Pick<Cursors, "change" | "peek">;
  readonly clock: Clock;
  /** The state moved on: it wants a checkpoint. */
  readonly onSettled: () => void;
  /** A consumer of this process was removed by another process. */
  readonly onTakenForDead: () => void;
  /** Others may receive something now. */
  readonly onFreed: () => void;
  readonly explain: (error: unknown) => unknown;
}) {
  const { topic, name, log, cursors, clock } = settings;
  let settled: Range[] = [];
  let stored: PromiseWithResolvers<void> | undefined;
  let storedAt = Number.NEGATIVE_INFINITY;

  /** Runs a change, pending acknowledgements with it. */
  function change<T>(run: (state: SubscriptionState) => T): T {
    const ranges = settled;
    const waiting = stored;
    settled = [];
    stored = undefined;
    try {
      const { result, frees } = cursors.change(name, (state) => {
        for (const range of ranges) settle(state, range);
        // A partition moves to another consumer once nothing of it is held.
        const frees = ranges.length > 0 && state.type === "key-shared" && state.consumers.length > 1;
        return { result: run(state), frees };
      })!;
      waiting?.resolve();
      if (ranges.length > 0) {
        storedAt = clock.monotonic();
        settings.onSettled();
      }
      if (frees) settings.onFreed();
      return result;
    } catch (error) {
      waiting?.reject(settings.explain(error));
      throw error;
    }
  }

  function flush(): void {
    if (settled.length === 0) return;
    try {
      change(() => undefined);
    } catch {
      // Whoever acknowledged has been told by the rejected promise.
    }
  }

  return {
    topic,
    /** False where others consume it as another type. */
    join: (consumer: { id: number; session: number }, type: SubscriptionType): boolean =>
      change((state) => join(state, consumer, type)),

    leave(consumer: number): void {
      change((state) => leave(state, consumer));
      settings.onFreed();
    },

    /** Claims up to `max` records for a consumer; enters it again where it was taken for dead in the meantime. */
    claim(consumer: { id: number; session: number }, type: SubscriptionType, max: number, turn: number): Range[] {
      const heads = log.heads(topic);
      const now = clock.now();
      const state = cursors.peek(name);
      // Looking costs less than a transaction, which is needed only when there is something to change.
      if (state && claimableAt(state, consumer.id, heads, now) > now) return [];
      // Its process was taken for dead, wrongly: then others have to know of it again before it holds anything.
      if (state && !state.consumers.some(({ id }) => id === consumer.id)) settings.onTakenForDead();
      return change((state) => {
        if (!state.consumers.some(({ id }) => id === consumer.id)) join(state, consumer, type);
        return claim(state, consumer.id, heads, { max, now, turn });
      });
    },

    /** When there may be something to claim, in ms since the Unix epoch. */
    claimableAt(consumer: number): number {
      const state = cursors.peek(name);
      return state ? claimableAt(state, consumer, log.heads(topic), clock.now()) : Number.POSITIVE_INFINITY;
    },

    /** Resolves once stored. */
    settle(ranges: readonly Range[]): Promise<void> {
      for (const range of ranges) settled.push(range);
      if (!stored) {
        stored = Promise.withResolvers();
        const restMs = storedAt + ACKNOWLEDGE_EVERY_MS - clock.monotonic();
        if (restMs > 0) clock.after(restMs, flush);
        else clock.soon(flush);
      }
      return stored.promise;
    },

    giveBack(consumer: number, ranges: readonly Range[], dueAt: number): void {
      change((state) => {
        for (const range of ranges) giveBack(state, consumer, range, dueAt);
      });
      settings.onFreed();
    },

    /** Takes records out of delivery: forgets those that were deleted, sets those aside that cannot be read. */
    setAside(trimmed: readonly Range[], unreadable: readonly Range[]): void {
      change((state) => {
        for (const range of trimmed) settle(state, range);
        for (const range of unreadable) quarantine(state, range);
      });
    },

    backlog(): number {
      flush();
      const state = cursors.peek(name);
      return state ? countBacklog(state, log.heads(topic)) : 0;
    },
    flush,
  };
}
