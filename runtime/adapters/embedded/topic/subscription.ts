import { type Clock, sleep } from "../../../contract/clock.ts";
import type { Message } from "../../../contract/contract.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import type { Picked, SelectiveReceiver } from "../../../transport/selective-receiver.ts";
import {
  claim,
  claimableAt,
  claimThese,
  countBacklog,
  giveBack,
  join,
  leave,
  quarantine,
  type Range,
  type SubscriptionState,
  settle,
  sharesAt,
} from "../../../transport/subscription-state.ts";
import { rememberCrashes, type Suspect, suspectsIn } from "../../../transport/suspects.ts";
import type { SubscriptionType } from "../../../transport/transport.ts";
import { StoreHeldError } from "../../storage-error.ts";
import type { Cursors, SubscriptionName } from "./cursors.ts";
import type { Log } from "./log.ts";
import type { Starts } from "./starts.ts";
import type { TopicRow } from "./topic-row.ts";

/** Acknowledgements of so much time share a transaction. */
const ACKNOWLEDGE_EVERY_MS = 2;
const RETRY_MS = 500;

/** Told how often something came back to each partition, before and with what was given back. */
type OnGivenBack = (before: readonly number[], after: readonly number[]) => void;

export type EmbeddedSubscription = ReturnType<typeof createEmbeddedSubscription>;

/** A subscription as this process sees it: collects acknowledgements and runs the state's changes. */
export function createEmbeddedSubscription(settings: {
  readonly topic: TopicRow;
  readonly name: SubscriptionName;
  readonly log: Pick<Log, "heads" | "headsNow">;
  readonly cursors: Pick<Cursors, "change" | "peek" | "untilFree" | "whenFree">;
  readonly starts: Pick<Starts, "of">;
  readonly clock: Clock;
  /** The state moved on: it wants a checkpoint. */
  readonly onSettled: () => void;
  /** A consumer of this process was removed by another process. */
  readonly onTakenForDead: () => void;
  /** Others may receive something now. */
  readonly onFreed: () => void;
  readonly explain: (error: unknown) => unknown;
}) {
  const { topic, name, log, cursors, starts, clock } = settings;
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
      if (error instanceof StoreHeldError) {
        settled = ranges;
        stored = waiting;
      } else {
        waiting?.reject(settings.explain(error));
      }
      throw error;
    }
  }

  async function flush(): Promise<void> {
    try {
      await cursors.whenFree(() => {
        if (settled.length > 0) change(() => undefined);
      });
    } catch {
      // Whoever acknowledged has been told by the rejected promise.
    }
  }

  /** Tries until it is done: records that nobody knows he holds would come to nobody else. */
  async function giveWhenPossible(give: () => void): Promise<void> {
    for (;;) {
      try {
        return await cursors.whenFree(give);
      } catch (error) {
        if (error instanceof FivefoldError && error.code === "closed") return;
        await sleep(clock, RETRY_MS);
      }
    }
  }

  return {
    topic,
    /** False where others consume it as another type. */
    join: (consumer: { id: number; session: number }, type: SubscriptionType): boolean =>
      change((state) => join(state, consumer, type)),

    async leave(consumer: number): Promise<void> {
      await cursors.whenFree(() => change((state) => leave(state, consumer)));
      settings.onFreed();
    },

    /** Claims up to `max` records for a consumer; enters it again where it was taken for dead in the meantime. */
    claim(
      consumer: { id: number; session: number },
      type: SubscriptionType,
      max: number,
      turn: number,
    ): { claimed: Range[]; suspects: readonly Suspect[] } {
      const heads = log.heads(topic);
      const now = clock.now();
      const state = cursors.peek(name);
      // Looking costs less than a transaction, which is needed only when there is something to change.
      if (state && claimableAt(state, consumer.id, heads, now) > now) return { claimed: [], suspects: [] };
      // Its process was taken for dead, wrongly: then others have to know of it again before it holds anything.
      if (state && !state.consumers.some(({ id }) => id === consumer.id)) settings.onTakenForDead();
      return change((state) => {
        if (!state.consumers.some(({ id }) => id === consumer.id)) join(state, consumer, type);
        // Others may have consumed and given back what was not there yet when the heads were read.
        const isNewer = state.partitions.some(({ next }, index) => next > heads[index]!);
        const claimed = claim(state, consumer.id, isNewer ? log.headsNow(topic) : heads, { max, now, turn });
        return { claimed, suspects: suspectsIn(state, claimed) };
      });
    },

    /**
     * Claims up to `max` of the records that a receiver picks. `isUnfinished`: another call may find more, without anything
     * having changed.
     */
    claimPicked(
      consumer: { id: number; session: number },
      type: SubscriptionType,
      receiver: SelectiveReceiver,
      max: number,
    ): { claimed: Picked[]; suspects: readonly Suspect[]; isUnfinished: boolean } {
      const known = cursors.peek(name);
      const isIn = known?.consumers.some(({ id }) => id === consumer.id) ?? false;
      if (known && !isIn) settings.onTakenForDead();
      if (!known || !isIn) change((state) => join(state, consumer, type));
      const state = known && isIn ? known : cursors.peek(name)!;
      const heads = log.heads(topic);
      const isNewer = state.partitions.some(({ next }, index) => next > heads[index]!);
      const now = clock.now();
      const { mine, moves } = sharesAt(state, consumer.id);
      receiver.follow(state, isNewer ? log.headsNow(topic) : heads, mine, now);
      const { picks, isUnfinished } = receiver.pick(state, max);
      if (picks.length === 0 && !moves) return { claimed: picks, suspects: [], isUnfinished };
      let done: boolean[];
      let suspects: readonly Suspect[];
      try {
        [done, suspects] = change((state) => {
          const ranges = picks.map(({ partition, offset }) => ({ partition, first: offset, end: offset + 1 }));
          return [claimThese(state, consumer.id, picks, now), suspectsIn(state, ranges)];
        });
      } catch (error) {
        receiver.restore(picks);
        throw error;
      }
      receiver.claimed(picks, done);
      const claimed = picks.filter((_, index) => done[index]);
      return { claimed, suspects, isUnfinished: isUnfinished || claimed.length < picks.length || moves };
    },

    /** When there may be something to claim, in ms since the Unix epoch. */
    claimableAt(consumer: number): number {
      const state = cursors.peek(name);
      return state ? claimableAt(state, consumer, log.heads(topic), clock.now()) : Number.POSITIVE_INFINITY;
    },

    /** Keeps the `crashes` of messages. Resolves once stored. */
    async remember(messages: readonly Message[]): Promise<void> {
      await cursors.whenFree(() => change((state) => rememberCrashes(state, messages)));
    },

    /** Returns what a consumer calls before the handlers of its messages are. */
    starter: (consumer: number): ((messages: readonly Message[]) => void) =>
      starts.of(consumer, ({ partition, first, end }) => {
        const runs = cursors.peek(name)?.partitions[partition]?.pending ?? [];
        return runs.some((run) => run.holder === consumer && run.first < end && run.end > first);
      }),

    /** Lets a consumer go at once, as its process ends: what is in flight may be what ends it. */
    leaveNow(consumer: number, inFlight: readonly Message[]): void {
      change((state) => {
        rememberCrashes(state, inFlight);
        leave(state, consumer);
      });
      settings.onFreed();
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

    /** Done when it returns, or as soon as other processes are out of the way. */
    giveBack(consumer: number, ranges: readonly Range[], dueAt: number, onDone?: OnGivenBack): void {
      const give = () => {
        const returns = ({ partitions }: SubscriptionState) => partitions.map((partition) => partition.returns);
        const { before, after } = change((state) => {
          const before = returns(state);
          for (const range of ranges) giveBack(state, consumer, range, dueAt);
          return { before, after: returns(state) };
        });
        onDone?.(before, after);
        settings.onFreed();
      };
      try {
        give();
      } catch (error) {
        if (!(error instanceof StoreHeldError)) throw error;
        void giveWhenPossible(give);
      }
    },

    /** Takes records out of delivery: forgets those that were deleted, sets those aside that cannot be read. */
    setAside(trimmed: readonly Range[], unreadable: readonly Range[]): void {
      change((state) => {
        for (const range of trimmed) settle(state, range);
        for (const range of unreadable) quarantine(state, range);
      });
    },

    async backlog(): Promise<number> {
      await flush();
      const state = cursors.peek(name);
      return state ? countBacklog(state, log.heads(topic)) : 0;
    },
    flush,
    untilFree: cursors.untilFree,
  };
}
