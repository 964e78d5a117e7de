import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { sharedAlerts } from "../kubernetes/alerts.ts";
import { dashboardOf } from "../kubernetes/dashboard.ts";
import { labelValue } from "../kubernetes/labels.ts";
import { PUT_BACK } from "../kubernetes/workload.ts";

export interface MonitoringArgs {
  /** The Kubernetes namespace of the executors. */
  readonly namespace: pulumi.Input<string>;
  /** Labels by which the Prometheus operator picks what is for it, such as `release: kube-prometheus-stack`. Default none. */
  readonly monitoringLabels?: Readonly<Record<string, pulumi.Input<string>>>;
}

/** What the Prometheus operator and Grafana's sidecar need to know of a stack: where its metrics are, and what they mean. */
export class Monitoring extends pulumi.ComponentResource {
  constructor(
    name: string,
    { namespace, monitoringLabels = {} }: MonitoringArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("fivefold:kubernetes:Monitoring", name, {}, options);
    const stack = pulumi.getStack();
    const labels = {
      "app.kubernetes.io/part-of": labelValue(pulumi.getProject()),
      "app.kubernetes.io/managed-by": "pulumi",
    };
    const metadata = () => ({
      name: "fivefold",
      namespace,
      labels: { ...labels, ...monitoringLabels },
      annotations: { ...PUT_BACK },
    });
    new k8s.apiextensions.CustomResource(
      `${name}-pods`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
        metadata: metadata(),
        spec: {
          selector: {
            matchLabels: { "app.kubernetes.io/instance": labelValue(stack) },
            matchExpressions: [
              {
                key: "app.kubernetes.io/component",
                operator: "In",
                values: ["executor", "gateway", "capture", "backlog-exporter"],
              },
            ],
          },
          podMetricsEndpoints: [{ port: "metrics", path: "/metrics", interval: "15s" }],
        },
      },
      { parent: this },
    );
    new k8s.apiextensions.CustomResource(
      `${name}-alerts`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        metadata: metadata(),
        spec: { groups: [{ name: "fivefold", rules: pulumi.output(namespace).apply(sharedAlerts) }] },
      },
      { parent: this },
    );
    new k8s.core.v1.ConfigMap(
      `${name}-dashboard`,
      {
        metadata: {
          name: "fivefold-dashboard",
          namespace,
          labels: { ...labels, grafana_dashboard: "1" },
          annotations: { ...PUT_BACK },
        },
        data: {
          "fivefold.json": pulumi.output(namespace).apply((name) => JSON.stringify(dashboardOf(stack, name))),
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
