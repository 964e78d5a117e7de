import type * as pulumi from "@pulumi/pulumi";

/** What a workload of a stack is called, and whose it is. */
export interface Workload {
  /** The use case, or what the workload does. */
  readonly name: string;
  /** The stack. */
  readonly instance: string;
  /** The Pulumi project. */
  readonly partOf: string;
  readonly component: "executor" | "gateway" | "capture" | "backlog-exporter" | "start-check";
  /** The team. */
  readonly owner?: string;
}

export type Labels = Readonly<Record<string, string>>;

/** What a workload's pods are found by. Never changes: Kubernetes takes no other selector for a Deployment that exists. */
export function selectorLabels({ name, instance, component }: Workload): Labels {
  return {
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/instance": labelValue(instance),
    "app.kubernetes.io/component": component,
  };
}

/** What policies find all pods of a workload by, those that check its start included. */
export function policyLabels({ name, instance }: Workload): Labels {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/instance": labelValue(instance) };
}

export function labelsOf(workload: Workload): Labels {
  return {
    ...selectorLabels(workload),
    "app.kubernetes.io/part-of": labelValue(workload.partOf),
    "app.kubernetes.io/managed-by": "pulumi",
    ...(workload.owner === undefined ? {} : { "fivefold.dev/owner": labelValue(workload.owner) }),
  };
}

/** Kubernetes takes 63 letters, digits and `-_.` in a label's value, with a letter or digit at both ends. */
export function labelValue(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9_.-]+/g, "-")
    .slice(0, 63)
    .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}

/** What a named object of a workload says of itself. */
export interface ObjectMetadata {
  readonly name: string;
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
