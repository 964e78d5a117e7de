import * as pulumi from "@pulumi/pulumi";
import type { NamespacePolicies } from "../pulsar/namespace-policies.ts";
import { Namespace } from "../pulsar/resources.ts";

export interface PulsarNamespaceArgs {
  /** `tenant/namespace`. */
  readonly namespace: pulumi.Input<string>;
  readonly policies: NamespacePolicies;
}

/** A namespace for a stack's topics, in which nothing appears or goes by itself. */
export class PulsarNamespace extends pulumi.ComponentResource {
  /** `tenant/namespace`, once it is there. */
  readonly namespace: pulumi.Output<string>;

  constructor(name: string, { namespace, policies }: PulsarNamespaceArgs, options?: pulumi.ComponentResourceOptions) {
    super("fivefold:pulsar:PulsarNamespace", name, {}, options);
    const { id } = new Namespace(name, { namespace, ...policies }, { parent: this });
    this.namespace = id;
    this.registerOutputs({ namespace: id });
  }
}
