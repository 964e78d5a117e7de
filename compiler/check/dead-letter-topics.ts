import { diagnostic } from "../diagnostics/diagnostics.ts";
import type { Check } from "./check.ts";

/**
 * A dead letter topic is named `<topic>-<subscriber>-DLQ`, by Pulsar's convention; so subscriber `b-c` of use case `a`
 * and subscriber `c` of use case `a-b` would share one, and read each other's letters.
 */
export const checkDeadLetterTopics: Check = (useCases) => {
  const all = useCases.flatMap((useCase) =>
    useCase.subscribers.map((subscriber) => ({
      useCase,
      subscriber,
      topic: `${useCase.name}-${subscriber.name}-DLQ`,
      priority: useCase.flowControl.priority,
    })),
  );
  const shared = Map.groupBy(all, ({ topic, priority }) => `${topic} ${priority}`);
  return [...shared.values()].flatMap(([first, ...others]) => {
    // Use cases of one name are a fault of their own.
    const distinct = others.filter(({ useCase }) => useCase.name !== first?.useCase.name);
    return distinct.map(({ subscriber, topic }) =>
      diagnostic(
        "duplicate-dead-letter-topic",
        subscriber.span,
        {
          topic,
          subscriber: subscriber.name,
          other: first?.subscriber.name ?? "",
          otherUseCase: first?.useCase.name ?? "",
        },
        first && [{ message: "The other subscriber is here.", span: first.subscriber.span }],
      ),
    );
  });
};
