import { backlogLines, lossRefusal, readTopic, subscriptionOverride, topicOverride } from "./backlog.ts";
import type { Kind } from "./kind.ts";
import { parsePartId, parseTopicId, partId, topicPath } from "./names.ts";
import { removeUsed } from "./removal.ts";

export interface SubscriptionInputs {
  /** The topic's id. */
  readonly topic: string;
  readonly name: string;
  /** Whether what is acknowledged in one home is so in the others. */
  readonly replicated: boolean;
  /** Whose subscription it is. */
  readonly useCase: string;
}

export const SUBSCRIPTION: Kind<SubscriptionInputs> = {
  name: "Subscription",
  idOf: ({ topic, name }) => partId(topic, name),
  identity: ["topic", "name"],
  importName: ({ topic, name }) => subscriptionOverride(topic, name),

  async read(id, known, admin) {
    const { topic, name } = parsePartId(id);
    const live = (await readTopic(topic, admin))?.subscriptions.find((subscription) => subscription.name === name);
    return live && { topic, name, replicated: live.replicated, useCase: known.useCase ?? "" };
  },

  async create({ topic, name, replicated }, admin) {
    // From the topic's start: what was published before the first consumer is for it, too.
    await admin.put(`${path(topic, name)}?replicated=${replicated}`, "earliest", { mayExist: true });
  },

  async update(live, { topic, name, replicated }, admin) {
    if (live.replicated !== replicated)
      await admin.post(`${path(topic, name)}/replicatedSubscriptionStatus`, replicated);
  },

  async remove({ topic, name, useCase }, { admin, allowsLoss }) {
    const live = await readTopic(topic, admin);
    if (!live) return;
    const override = subscriptionOverride(topic, name);
    const isAllowed = allowsLoss(override, topicOverride(topic), `use-case:${useCase}`);
    const lines = backlogLines(live, [name]);
    if (lines.length > 0 && !isAllowed) {
      const what = `Deleting subscription '${name}' of topic '${parseTopicId(topic).topic}'`;
      throw new Error(lossRefusal({ what, lines, mend: "Let its executor finish.", override }));
    }
    await removeUsed({ path: path(topic, name), isAllowed, override }, admin);
  },
};

function path(topic: string, name: string): string {
  return `${topicPath(topic)}/subscription/${encodeURIComponent(name)}`;
}
