import { setTimeout as sleep } from "node:timers/promises";
import { backlogLines, type Loss, lossRefusal, readTopic } from "./backlog.ts";
import type { Kind, Surroundings } from "./kind.ts";
import { topicId } from "./names.ts";

/** When a destroy comes to the guard, the executors still run: what they are just handling has this long to end. */
const ENDS_WITHIN_MS = 3_000;
const LOOK_AGAIN_MS = 300;

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

  async refusals(news, olds, around) {
    const lost = olds ? await losses(removed(olds, news), around) : [];
    return lost.map((loss) => lossRefusal({ ...loss, mend: "Put it back until its executor has finished." }));
  },
  // It is the stack's own memory: the cluster knows nothing of it.
  read: async (namespace, known) => ({ namespace, topics: known.topics ?? [] }),
  create: async () => {},

  async remove(olds, around) {
    const topics = removed(olds, { ...olds, topics: [] });
    const until = performance.now() + ENDS_WITHIN_MS;
    let lost = await losses(topics, around);
    while (lost.length > 0 && performance.now() < until) {
      await sleep(LOOK_AGAIN_MS);
      lost = await losses(topics, around);
    }
    if (lost.length === 0) return;
    const refused = lost.map((loss) => lossRefusal({ ...loss, mend: "Let the executors finish first." }));
    // A destroy does not run the program: Pulumi configures the provider as the last up has left it.
    throw new Error(
      [...refused, "Pulumi's destroy knows what is allowed from the last `pulumi up`: run that before."].join("\n"),
    );
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

async function losses(topics: readonly Removed[], { admin, allowsLoss }: Surroundings): Promise<Omit<Loss, "mend">[]> {
  const found: Omit<Loss, "mend">[] = [];
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
    found.push({ what, lines, override });
  }
  return found;
}
