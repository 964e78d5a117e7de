import { DEAD_LETTER_SUBSCRIPTION, deadLetterTopicOf, topicOf, type UseCaseSettings } from "../contract/contract.ts";
import type { TopicDeclaration } from "../transport/transport.ts";

/** A use case's topics: one for its events, and one a subscriber for dead letters. */
export function topicsOf({ name, priority, ordered, fair, subscribers }: UseCaseSettings): TopicDeclaration[] {
  const topic = topicOf(name, priority);
  return [
    { name: topic, ordered, ...(fair && { fair }), subscriptions: subscribers.map((subscriber) => subscriber.name) },
    ...subscribers.map((subscriber) => ({
      name: deadLetterTopicOf(topic, subscriber.name),
      ordered: false,
      subscriptions: [DEAD_LETTER_SUBSCRIPTION],
    })),
  ];
}
