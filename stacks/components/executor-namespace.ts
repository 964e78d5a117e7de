import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelValue } from "../kubernetes/labels.ts";
import { PUT_BACK } from "../kubernetes/workload.ts";

export interface ExecutorNamespaceArgs {
  readonly namespace: pulumi.Input<string>;
}

/** A Kubernetes namespace that only takes pods of the `restricted` standard, and in which no pod may connect unasked. */
export class ExecutorNamespace extends pulumi.ComponentResource {
  /** Its name, once it is there. */
  readonly namespace: pulumi.Output<string>;

  constructor(name: string, { namespace }: ExecutorNamespaceArgs, options?: pulumi.ComponentResourceOptions) {
    super("fivefold:kubernetes:ExecutorNamespace", name, {}, options);
    const labels = {
      "app.kubernetes.io/part-of": labelValue(pulumi.getProject()),
      "app.kubernetes.io/managed-by": "pulumi",
      ...Object.fromEntries(
        ["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]),
      ),
    };
    const { metadata } = new k8s.core.v1.Namespace(name, { metadata: { name: namespace, labels } }, { parent: this });
    new k8s.networking.v1.NetworkPolicy(
      `${name}-default-deny`,
      {
        metadata: { name: "default-deny", namespace: metadata.name, annotations: { ...PUT_BACK } },
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      },
      { parent: this },
    );
    this.namespace = metadata.name;
    this.registerOutputs({ namespace: this.namespace });
  }
}
