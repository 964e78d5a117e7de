import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { deploy } from "../../stacks/deploy.ts";
import { type KubernetesApi, startKubernetesApi } from "../parts/kubernetes-api.ts";
import type { KubernetesObject } from "../parts/kubernetes-client.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { documentedFile } from "../stacks/documented-file.ts";
import { PRODUCTION } from "../stacks/example-config.ts";
import { plainInputs, recordProgram } from "../stacks/recorded-program.ts";

/*
 * All Kubernetes objects of the examples' stack, each handed to a real API server in a namespace that enforces the
 * `restricted` standard.
 */

const NAMESPACE = "shop";

let api: KubernetesApi;
let objects: readonly KubernetesObject[];

beforeAll(async () => {
  const root = resolve(import.meta.dirname, "../..");
  const resources = await recordProgram(() => deploy({ root }), { config: PRODUCTION });
  objects = resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map((resource) => plainInputs(resource) as KubernetesObject);
  api = await startKubernetesApi();
  await api.client.apply(only("Namespace", NAMESPACE));
}, INSTALL_TIMEOUT_MS);

afterAll(() => api?.stop());

function only(kind: string, name: string): KubernetesObject {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  expect(found).toHaveLength(1);
  return found[0] as KubernetesObject;
}

test("every object passes the server's validation, and none is warned of", async () => {
  const kinds = new Set(objects.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual([
    "ConfigMap",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Job",
    "Namespace",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "PodMonitor",
    "PrometheusRule",
    "ScaledObject",
    "Secret",
    "Service",
    "ServiceAccount",
  ]);
  const warnings: string[] = [];
  for (const object of objects) {
    const { warnings: found } = await api.client.apply(object, { dryRun: true });
    warnings.push(...found.map((warning) => `${object.kind} ${object.metadata.name}: ${warning}`));
  }
  expect(warnings).toEqual([]);
});

test("what the server stores is what was sent: it drops nothing, and no default of its own contradicts it", async () => {
  for (const object of objects) {
    const { object: stored } = await api.client.apply(object, { dryRun: true });
    const { stringData, ...sent } = object;
    expect(stored).toMatchObject(sent);
    if (stringData) expect(Object.keys(stored.data as object).sort()).toEqual(Object.keys(stringData).sort());
  }
});

test("the deployer's role that docs/deploy.md shows may do what a stack takes, and no more", async () => {
  const role = parse(documentedFile("deployer.yaml")) as KubernetesObject;
  await api.client.apply(role);
  await api.client.apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "deployer" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "deployer" }],
  });
  const may = async (group: string, resource: string, verb: string) => {
    const resourceAttributes = { group, resource, verb, namespace: resource === "namespaces" ? "" : NAMESPACE };
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user: "deployer", resourceAttributes },
    };
    const answer = await api.client.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review);
    return (answer as { status: { allowed: boolean } }).status.allowed;
  };
  for (const kind of new Set(objects.map((object) => `${object.apiVersion} ${object.kind}`))) {
    const [version = "", name = ""] = kind.split(" ");
    const group = version.includes("/") ? (version.split("/")[0] ?? "") : "";
    const resource = name.toLowerCase().replace(/y$/, "ie").concat("s");
    for (const verb of ["get", "create", "patch", "delete"]) {
      await expect.poll(() => may(group, resource, verb), { message: `${verb} ${resource}` }).toBe(true);
    }
  }
  expect(await may("", "pods", "list")).toBe(true);
  expect(await may("", "pods/exec", "create")).toBe(false);
  expect(await may("rbac.authorization.k8s.io", "roles", "create")).toBe(false);
});

describe("pods of the restricted standard", () => {
  test("are made of every Deployment by the server's own controller", async () => {
    for (const kind of ["ServiceAccount", "ConfigMap", "Secret", "Deployment"]) {
      for (const object of objects) if (object.kind === kind) await api.client.apply(object);
    }
    const names = objects.filter(({ kind }) => kind === "Deployment").map(({ metadata }) => metadata.name);
    await expect
      .poll(async () => (await pods()).map(({ metadata }) => labelsOf(metadata)["app.kubernetes.io/name"]).sort(), {
        timeout: 60_000,
      })
      .toEqual(names.toSorted());
    for (const { spec } of await pods()) {
      // The server would have put a token into each container.
      expect(JSON.stringify((spec as { volumes: unknown[] }).volumes)).not.toContain("serviceAccountToken");
    }
  });

  test("are those that policies and budgets select", async () => {
    const all = await pods();
    for (const kind of ["NetworkPolicy", "PodDisruptionBudget"]) {
      for (const { metadata, spec } of objects.filter((object) => object.kind === kind)) {
        const { podSelector, selector = podSelector } = spec as Record<
          string,
          { matchLabels?: Record<string, string> }
        >;
        const selected = all.filter((pod) => matches(labelsOf(pod.metadata), selector?.matchLabels ?? {}));
        const names = selected.map((pod) => labelsOf(pod.metadata)["app.kubernetes.io/name"]);
        expect(names, `${kind} ${metadata.name}`).toHaveLength(metadata.name === "default-deny" ? all.length : 1);
        if (metadata.name !== "default-deny") expect(names).toEqual([metadata.name]);
      }
    }
  });
});

describe("what is wrong is refused, so that the above means something", () => {
  /** The same Deployment with something changed in its pods. */
  const changed = (change: (pod: PodSpec) => void): KubernetesObject => {
    const deployment = structuredClone(only("Deployment", "place-order"));
    change((deployment.spec as { template: { spec: PodSpec } }).template.spec);
    return deployment;
  };
  interface PodSpec {
    serviceAccount?: string;
    hostNetwork?: boolean;
    containers: { securityContext: Record<string, unknown>; resources: { limits: object }; [field: string]: unknown }[];
  }
  const dryRun = (object: KubernetesObject) => api.client.apply(object, { dryRun: true });

  test("a field that there is not", async () => {
    const typo = changed(({ containers: [container] }) => Object.assign(container!, { readinessprobe: {} }));
    await expect(dryRun(typo)).rejects.toThrow(/readinessprobe: field not declared in schema/);
  });

  test("a quantity that is none", async () => {
    const wrong = changed(({ containers: [container] }) =>
      Object.assign(container!.resources.limits, { memory: "1 GB" }),
    );
    await expect(dryRun(wrong)).rejects.toThrow(/quantities must match/);
  });

  test.each<[string, (pod: PodSpec) => void, RegExp]>([
    [
      "root's file system",
      ({ containers: [c] }) => delete c!.securityContext.allowPrivilegeEscalation,
      /allowPrivilegeEscalation != false/,
    ],
    ["capabilities", ({ containers: [c] }) => delete c!.securityContext.capabilities, /unrestricted capabilities/],
    ["the node's network", (pod) => Object.assign(pod, { hostNetwork: true }), /host namespaces \(hostNetwork=true\)/],
  ])("a pod with %s, by the restricted standard", async (_, change, message) => {
    const { spec } = changed(change);
    const { warnings } = await dryRun(changed(change));
    expect(warnings.join()).toMatch(message);
    const { template } = spec as { template: { metadata: object; spec: object } };
    const metadata = { ...template.metadata, name: "bad", namespace: NAMESPACE };
    const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: template.spec };
    await expect(dryRun(pod)).rejects.toThrow(/violates PodSecurity "restricted:latest"/);
  });

  test("an alert without an expression", async () => {
    const rule = structuredClone(only("PrometheusRule", "place-order"));
    Object.assign(rule.spec as object, { groups: [{ name: "place-order", rules: [{ alert: "Stalled" }] }] });
    await expect(dryRun(rule)).rejects.toThrow(/expr: Required value/);
  });

  test("a ScaledObject that KEDA doesn't know", async () => {
    const scaled = structuredClone(only("ScaledObject", "place-order"));
    Object.assign(scaled.spec as object, { triggers: [{ type: "prometheus", metadata: { threshold: 1 } }] });
    await expect(dryRun(scaled)).rejects.toThrow(/threshold: expected string/);
  });
});

function pods(): Promise<KubernetesObject[]> {
  return api.client.list("v1", "Pod", NAMESPACE);
}

function labelsOf(metadata: KubernetesObject["metadata"]): Record<string, string> {
  return metadata.labels as Record<string, string>;
}

function matches(labels: Record<string, string>, wanted: Record<string, string>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
