import type { Cancel, Clock } from "../../../contract/clock.ts";
import { markDelete } from "../../../transport/subscription-state.ts";
import type { Cursors, SubscriptionName } from "./cursors.ts";
import type { Log } from "./log.ts";
import { encodeSubscription } from "./subscription-format.ts";
import type { TopicRow } from "./topic-row.ts";

/** How much of acknowledging a reboot may undo, and how long settled entries stay. */
const EVERY_MS = 500;

/** Writes checkpoints of subscriptions that moved on, and deletes entries that all subscriptions have settled. */
export function createHousekeeping(settings: {
  readonly log: Log;
  readonly cursors: Cursors;
  readonly clock: Clock;
  /** Throws where the disk has no room for a small commit. */
  readonly checkRoom: () => void;
}) {
  const { log, cursors, clock } = settings;
  const moved = new Map<string, { topic: TopicRow; name: SubscriptionName }>();
  let cancel: Cancel | undefined;
  let running: Promise<void> = Promise.resolve();

  function plan(): void {
    // In the background: a process may end with this undone, another or a later one does it.
    cancel ??= clock.after(EVERY_MS, runNow, { background: true });
  }

  function runNow(): void {
    cancel = undefined;
    const batch = [...moved.values()];
    moved.clear();
    running = running
      .then(() => run(batch))
      // A full disk, say. Nothing is lost when it is done later, and publishing tells whom it concerns.
      .catch(() => false)
      .then((isDone) => {
        if (!isDone) for (const { topic, name } of batch) settled(topic, name);
      });
  }

  async function run(batch: readonly { topic: TopicRow; name: SubscriptionName }[]): Promise<boolean> {
    settings.checkRoom();
    const states = batch.flatMap(({ name }) => {
      const state = cursors.peek(name);
      return state ? { ...name, state: encodeSubscription(state, 0, true) } : [];
    });
    const topics = new Map(batch.map(({ topic }) => [topic.name, topic]));
    return log.checkpointAndTrim(states, [...topics.values()].flatMap(settledOf));
  }

  function settled(topic: TopicRow, name: SubscriptionName): void {
    moved.set(JSON.stringify(name), { topic, name });
    plan();
  }

  /** Below which offset every subscription has settled each partition. */
  function settledOf(topic: TopicRow): { partition: number; below: number }[] {
    const states = log
      .subscriptionsOf(topic.name)
      .map((subscription) => cursors.peek({ topic: topic.name, subscription }));
    return Array.from({ length: topic.partitions }, (_, index) => ({
      partition: topic.firstPartition + index,
      below: Math.min(...states.map((state) => (state ? markDelete(state.partitions[index]!) : 0))),
    }));
  }

  return {
    /** A subscription has settled records. */
    settled,
    /** Does now what is left to do. */
    async close(): Promise<void> {
      cancel?.();
      if (moved.size > 0) runNow();
      await running;
      // What failed, or was too much for once, is left to others.
      cancel?.();
    },
  };
}
