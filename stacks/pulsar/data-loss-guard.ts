import { backlogLines, lossRefusal, readTopic } from "./backlog.ts";
import type { Kind, Surroundings } from "./kind.ts";
import { topicId } from "./names.ts";

/** A topic of the stack, with those of its subscriptions that the stack made. */
export interface GuardedTopic {
  readonly useCase: string;
  readonly topic: string;
  readonly subscriptions: readonly string[];
}

export interface DataLossGuardInputs {
  /** `tenant/namespace`. */
  readonly namespace: string;
  /** Sorted by name. */
  readonly topics: readonly GuardedTopic[];
}

/**
 * Knows what the stack held when it was last brought up. Pulumi asks nobody before it plans to delete a resource that the
 * program no longer has; but the guard it asks, at preview, since the guard's own inputs change then. It depends on all
 * others, so that a `destroy` comes to it first, and ends there before anything is gone.
 */
export const DATA_LOSS_GUARD: Kind<DataLossGuardInputs> = {
  name: "DataLossGuard",
  idOf: ({ namespace }) => namespace,
  identity: ["namespace"],

  refusals: async (news, olds, around) => (olds ? await losses(removed(olds, news), around) : []),
  // It is the stack's own memory: the cluster knows nothing of it.
  read: async (namespace, known) => ({ namespace, topics: known.topics ?? [] }),
  create: async () => {},

  async remove(olds, around) {
    const refused = await losses(removed(olds, { ...olds, topics: [] }), around);
    if (refused.length > 0) throw new Error(refused.join("\n"));
  },
};

interface Removed extends GuardedTopic {
  readonly id: string;
  /** Whether the topic goes, with all of its subscriptions. */
  readonly whole: boolean;
}

function removed(from: DataLossGuardInputs, to: DataLossGuardInputs): Removed[] {
  const isSameNamespace = from.namespace === to.namespace;
  return from.topics
    .map((old) => {
      const kept = isSameNamespace ? to.topics.find(({ topic }) => topic === old.topic) : undefined;
      const subscriptions = old.subscriptions.filter((name) => !kept?.subscriptions.includes(name));
      const id = topicId({ namespace: from.namespace, topic: old.topic });
      return { ...old, subscriptions, id, whole: kept === undefined };
    })
    .filter(({ whole, subscriptions }) => whole || subscriptions.length > 0);
}

async function losses(topics: readonly Removed[], { admin, allowsLoss }: Surroundings): Promise<string[]> {
  const refused: string[] = [];
  for (const { useCase, topic, id, subscriptions, whole } of topics) {
    if (allowsLoss(`use-case:${useCase}`, `topic:${topic}`)) continue;
    const live = await readTopic(id, admin);
    if (!live) continue;
    // Somebody may have made subscriptions of their own: they go with the topic.
    const names = whole ? live.subscriptions.map(({ name }) => name) : subscriptions;
    const lost = names.filter((name) => !allowsLoss(`subscription:${topic}/${name}`));
    const lines = backlogLines(live, lost);
    if (lines.length === 0) continue;
    const what = whole ? `Deleting topic '${topic}'` : `Deleting subscriptions of topic '${topic}'`;
    const override = whole ? `topic:${topic}` : `subscription:${topic}/${lost[0]}`;
    refused.push(lossRefusal(what, lines, "Put it back until its executor has finished.", override));
  }
  return refused;
}
