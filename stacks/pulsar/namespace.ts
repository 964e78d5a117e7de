import type { PulsarAdmin } from "./admin-client.ts";
import { backlogLines, lossRefusal, readTopic } from "./backlog.ts";
import type { Kind } from "./kind.ts";
import { NAMESPACE_POLICIES, type NamespacePolicies, type StoredPolicies } from "./namespace-policies.ts";

export interface NamespaceInputs extends NamespacePolicies {
  /** `tenant/namespace`. */
  readonly namespace: string;
}

export const NAMESPACE: Kind<NamespaceInputs> = {
  name: "Namespace",
  idOf: ({ namespace }) => namespace,
  identity: ["namespace"],
  importName: ({ namespace }) => `namespace:${namespace}`,

  async refusals({ namespace, clusters, retentionMegabytes, backlogQuotaMegabytes }, olds, { admin, allowsLoss }) {
    const refused: string[] = [];
    if (retentionMegabytes >= 0 && retentionMegabytes <= backlogQuotaMegabytes) {
      refused.push(
        `Retention of ${retentionMegabytes} MB does not exceed the backlog quota of ${backlogQuotaMegabytes} MB, which ` +
          "Pulsar demands. Raise fivefold:retentionMegabytes, or lower fivefold:backlogQuotaMegabytes.",
      );
    }
    const left = (olds?.clusters ?? []).filter((cluster) => !clusters.includes(cluster));
    for (const cluster of left.filter((cluster) => !allowsLoss(`cluster:${cluster}`))) {
      refused.push(
        lossRefusal({
          what: `Taking cluster '${cluster}' out of namespace '${namespace}' deletes its topics there, which`,
          lines: await namespaceBacklog(namespace, admin),
          mend: "Make another home the active one, let it finish, and check the other cluster's backlog as well.",
          override: `cluster:${cluster}`,
        }),
      );
    }
    return refused;
  },

  async read(namespace, known, admin) {
    const stored = await admin.get<StoredPolicies>(`/namespaces/${namespace}`);
    if (!stored) return undefined;
    const read = NAMESPACE_POLICIES.map(({ field, read }) => [field, read(stored)] as const);
    // What the stack leaves to the broker is no drift.
    const kept = read.filter(([field, value]) => value !== undefined && (field in known || !("namespace" in known)));
    return { namespace, ...Object.fromEntries(kept) } as NamespaceInputs;
  },

  create: ({ namespace, clusters }, admin) =>
    admin.put(`/namespaces/${namespace}`, { replication_clusters: clusters }, { mayExist: true }),

  async update(live, news, admin) {
    for (const policy of inOrder(live, news)) await policy.set(admin, `/namespaces/${news.namespace}`, news);
  },

  // Pulsar refuses it while there are topics in it.
  remove: ({ namespace }, { admin }) => admin.delete(`/namespaces/${namespace}`),
};

/** The policies that differ, so that retention exceeds the backlog quota at every moment between. */
function inOrder(live: NamespaceInputs, news: NamespaceInputs) {
  const changed = NAMESPACE_POLICIES.filter(
    ({ field }) => field in news && JSON.stringify(news[field]) !== JSON.stringify(live[field]),
  );
  const grows = news.retentionMegabytes < 0 || news.retentionMegabytes >= (live.retentionMegabytes ?? 0);
  return grows ? changed : changed.toReversed();
}

async function namespaceBacklog(namespace: string, admin: PulsarAdmin): Promise<string[]> {
  const divided = (await admin.get<string[]>(`/persistent/${namespace}/partitioned`)) ?? [];
  const single = (await admin.get<string[]>(`/persistent/${namespace}`)) ?? [];
  const ids = [...divided, ...single.filter((id) => !/-partition-\d+$/.test(id))].toSorted();
  const lines: string[] = [];
  for (const id of ids) {
    const live = await readTopic(id, admin);
    for (const line of live ? backlogLines(live) : [])
      lines.push(line.replace("  ", `  topic '${id.split("/").at(-1)}', `));
  }
  return lines.length > 0 ? lines : ["  (this cluster holds no backlog; the other one may)"];
}
