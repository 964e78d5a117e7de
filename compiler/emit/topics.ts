import type { UseCase } from "../model/model.ts";

export interface Topic {
  readonly name: string;
  /** Whether records of one key come to one consumer at a time. */
  readonly ordered: boolean;
  /** Only where it is: its partitions are then chosen by tenant. */
  readonly fair?: true;
  readonly subscriptions: readonly string[];
}

/** A use case's topic, as the runtime names it: see `topicOf` in its contract. */
export function topicOf({ name, flowControl }: UseCase): string {
  return flowControl.priority === "normal" ? name : `${name}.${flowControl.priority}`;
}

/** Where a subscriber's dead letters go: see `deadLetterTopicOf` in the runtime's contract. */
export function deadLetterTopicOf(useCase: UseCase, subscriber: string): string {
  return `${topicOf(useCase)}-${subscriber}-DLQ`;
}

/** All topics of a use case, its own first. */
export function topicsOf(useCase: UseCase): Topic[] {
  const { scheduler, flowControl, subscribers } = useCase;
  return [
    {
      name: topicOf(useCase),
      ordered: scheduler.orderBy !== null || flowControl.limitBy !== null,
      ...(flowControl.fairBy !== null && { fair: true }),
      subscriptions: subscribers.map(({ name }) => name),
    },
    ...subscribers.map(({ name }) => ({
      name: deadLetterTopicOf(useCase, name),
      ordered: false,
      subscriptions: ["dead-letters"],
    })),
  ];
}
