import { describe, expect, test } from "vitest";
import { BacklogExporter } from "../../stacks/components/backlog-exporter.ts";
import { ExecutorNamespace } from "../../stacks/components/executor-namespace.ts";
import { Monitoring } from "../../stacks/components/monitoring.ts";
import { StackClaim } from "../../stacks/components/stack-claim.ts";
import { HOME } from "./greet.ts";
import { only, recordProgram } from "./recorded-program.ts";

describe("ExecutorNamespace", () => {
  test("takes restricted pods alone, and lets none connect unasked", async () => {
    const resources = await recordProgram(() => new ExecutorNamespace("shop", { namespace: "shop" }));
    expect(only(resources, "Namespace").inputs).toMatchObject({
      metadata: { name: "shop", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    expect(only(resources, "NetworkPolicy").inputs).toMatchObject({
      metadata: { namespace: "shop" },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    });
  });
});

test("StackClaim says whose a namespace is, in an object that no other stack takes over", async () => {
  const resources = await recordProgram(() => new StackClaim("claim", { namespace: "shop" }));
  const { inputs } = only(resources, "ConfigMap");
  expect(inputs).toMatchObject({ data: { stack: "shop/production" } });
  expect(inputs.metadata).not.toHaveProperty("annotations");
});

describe("BacklogExporter", () => {
  test("is one small process without a handler", async () => {
    const resources = await recordProgram(() => new BacklogExporter("backlogs", { home: HOME, image: "shop:1" }));
    const { inputs } = only(resources, "Deployment");
    expect(inputs).toMatchObject({ metadata: { name: "fivefold--backlogs" }, spec: { replicas: 1 } });
    expect(JSON.stringify(inputs.spec)).toContain('"args":["backlogs"]');
  });
});

describe("Monitoring", () => {
  test("tells the Prometheus operator of executors and exporters, and Grafana of a dashboard", async () => {
    const resources = await recordProgram(
      () => new Monitoring("monitoring", { namespace: "shop", monitoringLabels: { release: "p" } }),
    );
    const { spec, metadata } = only(resources, "PodMonitor").inputs as { spec: object; metadata: object };
    expect(metadata).toMatchObject({ labels: { release: "p" } });
    expect(spec).toMatchObject({ podMetricsEndpoints: [{ port: "metrics", path: "/metrics" }] });
    const { data } = only(resources, "ConfigMap").inputs as { data: Record<string, string> };
    expect(JSON.parse(data["fivefold.json"] ?? "")).toMatchObject({ title: "Fivefold production" });
  });
});
