import { allowCommand, backlogLines, lossRefusal, readTopic, topicOverride } from "./backlog.ts";
import type { Kind } from "./kind.ts";
import { parseTopicId, topicId, topicPath } from "./names.ts";
import { removeUsed } from "./removal.ts";

export interface TopicInputs {
  /** `tenant/namespace`. */
  readonly namespace: string;
  readonly topic: string;
  /** 0: not partitioned. */
  readonly partitions: number;
  /** Whether its consumers rely on the order within a key. */
  readonly ordered: boolean;
  /** Whether its partitions are chosen by tenant from its first record on. Absent: false. */
  readonly fair?: boolean;
  /** Whose topic it is. */
  readonly useCase: string;
}

export const TOPIC: Kind<TopicInputs> = {
  name: "Topic",
  idOf: topicId,
  identity: ["namespace", "topic"],
  // Pulsar adds partitions, and never takes any away; nor does it divide a topic that was made without.
  mustReplace: (from, to) => to.partitions < from.partitions || (from.partitions === 0 && to.partitions > 0),
  importName: (inputs) => topicOverride(topicId(inputs)),

  async refusals(news, olds, { admin, allowsLoss }) {
    if (!olds) return [];
    const id = topicId(news);
    const live = await readTopic(id, admin);
    if (!live || live.partitions === news.partitions) return [];
    const change = `Going from ${live.partitions} to ${news.partitions} partitions`;
    const lines = backlogLines(live);
    if (TOPIC.mustReplace?.({ ...news, partitions: live.partitions }, news)) {
      if (allowsLoss(topicOverride(id), `use-case:${news.useCase}`)) return [];
      const what = `${change} takes deleting topic '${news.topic}' and making it anew, which`;
      const mend = `Set the use case's partitions to ${live.partitions}.`;
      return lines.length > 0
        ? [lossRefusal({ what, lines, mend, override: topicOverride(id) })]
        : [`${what} disconnects who uses it. ${mend} Or allow it: ${allowCommand(topicOverride(id))}`];
    }
    const override = `order:${news.topic}`;
    if (!news.ordered || lines.length === 0 || allowsLoss(override)) return [];
    return [
      [
        `${change} gives keys of topic '${news.topic}' another partition, so that new messages overtake these of the same key:`,
        ...lines,
        "Let the executors finish first, while nobody enqueues. Or, to lose the order, allow it by name: " +
          allowCommand(override),
      ].join("\n"),
    ];
  },

  async read(id, known, admin) {
    const live = await readTopic(id, admin);
    const { ordered = false, fair = false, useCase = "" } = known;
    return live && { ...parseTopicId(id), partitions: live.partitions, ordered, ...(fair && { fair }), useCase };
  },

  async create({ partitions, fair = false, ...name }, admin) {
    const path = topicPath(topicId(name));
    // Each home's stack makes its own: the other home may have no such namespace yet.
    const local = "?createLocalTopicOnly=true";
    if (partitions > 0) await admin.put(`${path}/partitions${local}`, partitions, { mayExist: true });
    else await admin.put(path, undefined, { mayExist: true });
    if (partitions > 0 && fair) await admin.put(`${path}/properties`, { "fivefold-partitioned-by": "tenant" });
  },

  async update(live, news, admin) {
    if (live.partitions === news.partitions) return;
    await admin.post(`${topicPath(topicId(news))}/partitions?updateLocalTopicOnly=true`, news.partitions);
  },

  async remove(inputs, { admin, allowsLoss }) {
    const id = topicId(inputs);
    const live = await readTopic(id, admin);
    if (!live) return;
    const override = topicOverride(id);
    const isAllowed = allowsLoss(override, `use-case:${inputs.useCase}`);
    const lines = backlogLines(live);
    if (lines.length > 0 && !isAllowed) {
      const what = `Deleting topic '${inputs.topic}'`;
      throw new Error(lossRefusal({ what, lines, mend: "Let the executors finish.", override }));
    }
    const path = live.partitions > 0 ? `${topicPath(id)}/partitions` : topicPath(id);
    await removeUsed({ path, isAllowed, override }, admin);
  },
};
