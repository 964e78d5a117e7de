import type { PulsarAdmin } from "./admin-client.ts";
import type { Kind } from "./kind.ts";

export interface TenantInputs {
  readonly tenant: string;
  /** Clusters that its namespaces may be in; others may be allowed besides. In alphabetical order. */
  readonly clusters: readonly string[];
  /** Roles that may change it. In alphabetical order. */
  readonly adminRoles: readonly string[];
}

interface Found {
  readonly allowedClusters?: readonly string[];
  readonly adminRoles?: readonly string[];
}

export const TENANT: Kind<TenantInputs> = {
  name: "Tenant",
  idOf: ({ tenant }) => tenant,
  identity: ["tenant"],
  importName: ({ tenant }) => `tenant:${tenant}`,

  async read(tenant, { clusters: known }, admin) {
    const found = await admin.get<Found>(`/tenants/${tenant}`);
    if (!found) return undefined;
    const { allowedClusters = [], adminRoles = [] } = found;
    const isEnough = known?.every((cluster) => allowedClusters.includes(cluster));
    const clusters = known && isEnough ? known : allowedClusters.toSorted();
    return { tenant, clusters, adminRoles: adminRoles.toSorted() };
  },

  create: (inputs, admin) => admin.put(`/tenants/${inputs.tenant}`, body(inputs), { mayExist: true }),

  async update(_live, news, admin) {
    // Pulsar refuses to take away a cluster that a namespace still has, and namespaces leave it after the tenant's turn.
    const kept = await clustersInUse(news.tenant, admin);
    await admin.post(`/tenants/${news.tenant}`, body({ ...news, clusters: [...new Set([...news.clusters, ...kept])] }));
  },

  // Pulsar refuses it while there are namespaces in it.
  remove: ({ tenant }, { admin }) => admin.delete(`/tenants/${tenant}`),
};

async function clustersInUse(tenant: string, admin: PulsarAdmin): Promise<string[]> {
  const used: string[] = [];
  for (const namespace of (await admin.get<string[]>(`/namespaces/${tenant}`)) ?? []) {
    used.push(...((await admin.get<string[]>(`/namespaces/${namespace}/replication`)) ?? []));
  }
  return used;
}

function body({ clusters, adminRoles }: TenantInputs): Found {
  return { allowedClusters: clusters, adminRoles };
}
