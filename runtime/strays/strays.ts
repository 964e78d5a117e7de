import {
  DEAD_LETTER_SUBSCRIPTION,
  deadLetterTopicOf,
  type Priority,
  type TaskRecord,
  topicOf,
  type UseCaseSettings,
} from "../contract/contract.ts";
import type { Ports } from "../ports/ports.ts";
import { topicsOf } from "../ports/topics.ts";
import type { TopicStats } from "../transport/transport.ts";

/**
 * Why nobody consumes it: its use case has another `priority` now, its use case has no such subscriber any more, or
 * there is no such use case.
 */
export type StrayReason = "priority" | "subscriber" | "use-case";

/** What waits where no use case takes it from any more. */
export interface Stray {
  readonly topic: string;
  readonly subscription: string;
  readonly reason: StrayReason;
  /** Where in their topic, dead letters, or until they are due. */
  readonly place: "topic" | "dead-letters" | "delays";
  /** How many wait, as the transport counts them. */
  readonly count: number;
  /** The use case whose it was, where there still is one. */
  readonly useCase: UseCaseSettings | undefined;
  /** What happened, and what to do, in a sentence each. */
  readonly message: string;
}

/** Where strays go. */
export interface StrayTarget {
  readonly useCase: UseCaseSettings;
  readonly subscriber: string;
}

const PRIORITIES: readonly Priority[] = ["high", "normal", "low"];

/** What a topic's name tells, given the use cases there are. */
interface Place {
  /** The topic of the events, also where it is one of dead letters. */
  readonly topic: string;
  /** Set of a topic of dead letters: the subscriber that gave them up. */
  readonly deadLettersOf: string | undefined;
  readonly useCase: UseCaseSettings | undefined;
}

/** Tells strays from what is consumed. `useCases` are all that share the topics, not only those of this process. */
export function createStrayFinder(useCases: readonly UseCaseSettings[]) {
  const expected = new Map(useCases.flatMap(topicsOf).map(({ name, subscriptions }) => [name, new Set(subscriptions)]));
  const byTopic = new Map<string, UseCaseSettings>();
  for (const useCase of useCases) {
    for (const priority of PRIORITIES) byTopic.set(topicOf(useCase.name, priority), useCase);
  }
  // A use case may have a name that is another one's with a priority.
  for (const useCase of useCases) byTopic.set(topicOf(useCase.name, useCase.priority), useCase);

  function placeOf(name: string): Place {
    const own = byTopic.get(name);
    if (own || !name.endsWith("-DLQ")) return { topic: name, deadLettersOf: undefined, useCase: own };
    const rest = name.slice(0, -"-DLQ".length);
    for (let dash = rest.indexOf("-"); dash > 0; dash = rest.indexOf("-", dash + 1)) {
      const useCase = byTopic.get(rest.slice(0, dash));
      if (useCase) return { topic: rest.slice(0, dash), deadLettersOf: rest.slice(dash + 1), useCase };
    }
    return { topic: name, deadLettersOf: undefined, useCase: undefined };
  }

  /** Why nobody consumes a subscription of a known use case, or that somebody should. */
  function reasonOf({ topic, deadLettersOf, useCase }: Place, subscription: string): StrayReason | undefined {
    if (!useCase) return "use-case";
    if (topic !== topicOf(useCase.name, useCase.priority)) return "priority";
    const subscriber = deadLettersOf ?? subscription;
    return useCase.subscribers.some(({ name }) => name === subscriber) ? undefined : "subscriber";
  }

  /** Whether a look is worth its cost: nobody strays into the dead letters of a topic that is consumed. */
  function mayHaveStrays(name: string, of: ReadonlySet<string>): boolean {
    const { useCase, deadLettersOf } = placeOf(name);
    return useCase !== undefined && of.has(useCase.name) && !(deadLettersOf !== undefined && expected.has(name));
  }

  function straysOf({ name, subscriptions }: TopicStats, isOurs: (topic: string) => boolean): Stray[] {
    const place = placeOf(name);
    if (!place.useCase && !isOurs(name)) return [];
    return subscriptions.flatMap(({ name: subscription, backlog, consumers }) => {
      const reason = reasonOf(place, subscription);
      const isDeadLetters = place.deadLettersOf !== undefined;
      // What somebody reads dead letters with is theirs.
      if (isDeadLetters && subscription !== DEAD_LETTER_SUBSCRIPTION) return [];
      if (reason === undefined || consumers > 0 || expected.get(name)?.has(subscription)) return [];
      // Where events still come, a subscription that nobody consumes keeps them all.
      if (backlog === 0 && (isDeadLetters || !expected.has(name))) return [];
      const where = isDeadLetters ? "dead-letters" : "topic";
      return strayOf({ topic: name, subscription, reason, place: where, count: backlog, useCase: place.useCase });
    });
  }

  return {
    /**
     * Strays in the topics. `of` names the use cases whose strays are wanted; without, those of use cases that are not
     * there count too: for whoever knows that no others share the topics, or has a look at what they find.
     */
    async inTopics({ transport }: Pick<Ports, "transport">, of?: ReadonlySet<string>): Promise<Stray[]> {
      const topics = await transport.topics(of && ((name) => mayHaveStrays(name, of)));
      const names = new Set(topics.map(({ name }) => name));
      // Every topic of a worker's comes with one for the dead letters of each of its subscribers.
      const workers = topics.filter(({ name, subscriptions }) =>
        subscriptions.some((subscription) => names.has(deadLetterTopicOf(name, subscription.name))),
      );
      const ours = new Set(
        workers.flatMap(({ name, subscriptions }) => [
          name,
          ...subscriptions.map((subscription) => deadLetterTopicOf(name, subscription.name)),
        ]),
      );
      return topics.flatMap((topic) => straysOf(topic, (name) => of === undefined && ours.has(name)));
    },

    /** What waits until it is due, for subscribers and use cases that are not there any more. */
    async inDelays({ delayStore }: Pick<Ports, "delayStore">): Promise<Stray[]> {
      const groups = await delayStore.groups();
      return groups.flatMap(({ topic, subscription, count }) => {
        const place = placeOf(topic);
        const { useCase } = place;
        const isGone = useCase && subscription !== "" && !useCase.subscribers.some(({ name }) => name === subscription);
        if (useCase && !isGone) return [];
        const reason = useCase ? ("subscriber" as const) : ("use-case" as const);
        return strayOf({ topic, subscription, reason, place: "delays" as const, count, useCase });
      });
    },

    /**
     * The record, and where it goes, once it is due: what was put off under another priority follows its use case. What
     * this process does not know stays as it is.
     */
    routeDelayed(topic: string, record: TaskRecord): { readonly topic: string; readonly record: TaskRecord } {
      const useCase = byTopic.get(topic);
      if (!useCase || useCase.name !== record.useCase || expected.has(topic)) return { topic, record };
      const { name, priority } = useCase;
      return { topic: topicOf(name, priority), record: { ...record, priority } };
    },
  };
}

function strayOf(stray: Omit<Stray, "message">): Stray {
  const { topic, subscription, reason, place, count, useCase } = stray;
  const waits = {
    topic: `${count} events wait in topic '${topic}' for '${subscription}', which nobody consumes`,
    "dead-letters": `${count} dead letters lie in topic '${topic}'`,
    delays: `${count} delayed events wait for topic '${topic}'${subscription === "" ? "" : ` and its subscriber '${subscription}'`}`,
  }[place];
  const why = {
    priority:
      useCase &&
      `'${useCase.name}' has the priority '${useCase.priority}' now, and its workers consume '${topicOf(useCase.name, useCase.priority)}'`,
    subscriber:
      useCase &&
      `'${useCase.name}' has the ${useCase.subscribers.length === 1 ? "subscriber" : "subscribers"} ${useCase.subscribers.map(({ name }) => `'${name}'`).join(", ")} now`,
    "use-case": "no use case of this project has that topic",
  }[reason];
  const target = `${topic} ${subscription === "" ? '""' : subscription}`;
  const to = targetOf(stray) ? "" : " --to <use-case>/<subscriber>";
  const fix =
    `\`fivefold strays move ${target}${to}\` hands them on, \`fivefold strays drop ${target}\` forgets them` +
    (reason === "subscriber" && place === "topic" ? ". Until then it keeps every event that comes" : "");
  return { ...stray, message: `${waits}: ${why}. ${fix}.` };
}

/** The only place that strays can go to without a choice; undefined: somebody has to say. */
export function targetOf({
  useCase,
  reason,
  subscription,
  topic,
  place,
}: Omit<Stray, "message">): StrayTarget | undefined {
  if (!useCase || reason !== "priority") return undefined;
  const found = useCase.subscribers.find(({ name }) => {
    if (place !== "dead-letters") return name === subscription;
    return PRIORITIES.some((priority) => deadLetterTopicOf(topicOf(useCase.name, priority), name) === topic);
  });
  return found && { useCase, subscriber: found.name };
}
