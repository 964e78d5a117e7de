import * as pulumi from "@pulumi/pulumi";
import { Tenant } from "../pulsar/resources.ts";

export interface PulsarTenantArgs {
  readonly tenant: pulumi.Input<string>;
  /** Clusters that its namespaces may be in. */
  readonly clusters: pulumi.Input<readonly string[]>;
  /** Roles that may change it, besides super users. */
  readonly adminRoles: pulumi.Input<readonly string[]>;
}

/** A tenant of a Pulsar cluster. Making one takes a super user's token. */
export class PulsarTenant extends pulumi.ComponentResource {
  readonly tenant: pulumi.Output<string>;

  constructor(name: string, args: PulsarTenantArgs, options?: pulumi.ComponentResourceOptions) {
    super("fivefold:pulsar:PulsarTenant", name, {}, options);
    const { id } = new Tenant(
      name,
      {
        tenant: args.tenant,
        clusters: pulumi.output(args.clusters).apply((clusters) => clusters.toSorted()),
        adminRoles: pulumi.output(args.adminRoles).apply((roles) => roles.toSorted()),
      },
      { parent: this },
    );
    this.tenant = id;
    this.registerOutputs({ tenant: id });
  }
}
