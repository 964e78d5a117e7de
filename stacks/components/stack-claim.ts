import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface StackClaimArgs {
  /** The Kubernetes namespace of the executors. */
  readonly namespace: pulumi.Input<string>;
}

/**
 * Says whose a Kubernetes namespace is. All other objects are named after use cases, and what somebody changed in them is
 * set back: a second stack would take them over, and delete them in the end. Of this one object the API server refuses
 * the change as a conflict, before any other is made.
 */
export class StackClaim extends pulumi.ComponentResource {
  constructor(name: string, { namespace }: StackClaimArgs, options?: pulumi.ComponentResourceOptions) {
    super("fivefold:kubernetes:StackClaim", name, {}, options);
    new k8s.core.v1.ConfigMap(
      name,
      {
        metadata: { name: "fivefold-one-stack-per-namespace", namespace },
        data: { stack: `${pulumi.getProject()}/${pulumi.getStack()}` },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
