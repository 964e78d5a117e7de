import {
  DEAD_LETTER_SUBSCRIPTION,
  deadLetterTopicOf,
  isKeyed,
  topicOf,
  type UseCaseSettings,
} from "../contract/contract.ts";
import type { TopicDeclaration } from "../transport/transport.ts";

/** A use case's topics: one for its events, and one a subscriber for dead letters. */
export function topicsOf(settings: UseCaseSettings): TopicDeclaration[] {
  const { name, priority, fair, subscribers } = settings;
  const ordered = isKeyed(settings);
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
