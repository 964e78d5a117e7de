import { consumed, type TopicStats } from "../../../transport/transport.ts";
import type { Cursors } from "./cursors.ts";
import type { createHousekeeping } from "./housekeeping.ts";
import type { Log } from "./log.ts";
import type { EmbeddedSubscription } from "./subscription.ts";
import type { TopicRow } from "./topic-row.ts";

/** What topics and subscriptions there are, whoever declared them, and the removal of those that nobody wants. */
export function createInventory(settings: {
  readonly log: Pick<Log, "topicNames" | "subscriptionsOf" | "removeSubscription">;
  readonly cursors: Pick<Cursors, "peek" | "remove" | "whenFree">;
  readonly housekeeping: Pick<ReturnType<typeof createHousekeeping>, "settled">;
  readonly requireSubscription: (topic: string, subscription: string) => EmbeddedSubscription;
}) {
  const { log, cursors, housekeeping, requireSubscription } = settings;

  async function statsOf(topic: string): Promise<TopicStats> {
    const stats = log.subscriptionsOf(topic).map(async (name) => ({
      name,
      backlog: await requireSubscription(topic, name).backlog(),
      consumers: cursors.peek({ topic, subscription: name })?.consumers.length ?? 0,
    }));
    return { name: topic, subscriptions: await Promise.all(stats) };
  }

  return {
    topics: (isWanted: (topic: string) => boolean): Promise<TopicStats[]> =>
      Promise.all(log.topicNames().filter(isWanted).map(statsOf)),

    async removeSubscription(topic: TopicRow, subscription: string): Promise<void> {
      const name = { topic: topic.name, subscription };
      if (!(await cursors.whenFree(() => cursors.remove(name)))) throw consumed(topic.name, subscription);
      await log.removeSubscription(topic.name, subscription);
      // What only this one had not settled is not needed any more.
      const [other] = log.subscriptionsOf(topic.name);
      if (other !== undefined) housekeeping.settled(topic, { topic: topic.name, subscription: other });
    },
  };
}
