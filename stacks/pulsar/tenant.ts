import type { Kind } from "./kind.ts";

export interface TenantInputs {
  readonly tenant: string;
  /** Clusters that its namespaces may be in. In alphabetical order. */
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

  async read(tenant, _known, admin) {
    const found = await admin.get<Found>(`/tenants/${tenant}`);
    return (
      found && {
        tenant,
        clusters: (found.allowedClusters ?? []).toSorted(),
        adminRoles: (found.adminRoles ?? []).toSorted(),
      }
    );
  },

  create: (inputs, admin) => admin.put(`/tenants/${inputs.tenant}`, body(inputs), { mayExist: true }),
  update: (_live, news, admin) => admin.post(`/tenants/${news.tenant}`, body(news)),
  // Pulsar refuses it while there are namespaces in it.
  remove: ({ tenant }, { admin }) => admin.delete(`/tenants/${tenant}`),
};

function body({ clusters, adminRoles }: TenantInputs): Found {
  return { allowedClusters: clusters, adminRoles };
}
