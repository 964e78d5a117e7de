import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { Executor, type ExecutorArgs } from "../../stacks/components/executor.ts";
import type { PodExtras } from "../../stacks/kubernetes/pod-extras.ts";
import type { Home } from "../../stacks/kubernetes/workload.ts";
import { USE_CASE_DEFAULTS } from "../../stacks/use-case-config.ts";
import { GREET, HOME } from "./greet.ts";
import { autonamed, isSecret, only, recordProgram, title } from "./recorded-program.ts";

type Deployment = {
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, unknown>> };
      readonly spec: Readonly<Record<string, unknown>> & { readonly containers: readonly Container[] };
    };
  };
};
type Container = Readonly<Record<string, unknown>> & {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string }[];
};

function podOf(inputs: Readonly<Record<string, unknown>>) {
  const { template } = (inputs as unknown as Deployment).spec;
  const [container] = template.spec.containers;
  return { template, pod: template.spec, container: container as Container };
}

describe("Executor", () => {
  const record = (changes: Partial<ExecutorArgs> = {}) => {
    const config = { ...USE_CASE_DEFAULTS, ...changes.config };
    const args: ExecutorArgs = { useCase: GREET, home: HOME, image: "shop:1", ...changes, config };
    return recordProgram(() => new Executor("greet", args));
  };

  test("is these objects, of the use case's name", async () => {
    const resources = await record({ prometheusUrl: "http://prometheus:9090", monitoringLabels: { release: "p" } });
    expect(resources.map(({ type }) => type)).toEqual([
      "fivefold:kubernetes:Executor",
      "kubernetes:apps/v1:Deployment",
      "kubernetes:core/v1:ConfigMap",
      "kubernetes:core/v1:Secret",
      "kubernetes:core/v1:ServiceAccount",
      "kubernetes:keda.sh/v1alpha1:ScaledObject",
      "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy",
      "kubernetes:policy/v1:PodDisruptionBudget",
    ]);
    const executor = only(resources, "Executor");
    for (const { inputs, parent, type } of resources.filter(({ custom }) => custom)) {
      expect(parent).toBe(executor.urn);
      // Whatever holds settings is made anew beside the old one when they change: Pulumi chooses its name.
      const isVersioned = /:(ConfigMap|Secret)$/.test(type);
      expect((inputs.metadata as { name?: string }).name).toBe(isVersioned ? undefined : "greet");
      expect(inputs.metadata).toMatchObject({
        namespace: "shop",
        labels: { "app.kubernetes.io/name": "greet", "app.kubernetes.io/instance": "production" },
        annotations: {
          "fivefold.dev/source": "usecases/greet.ts",
          "fivefold.dev/owner": "team-a",
          "pulumi.com/patchForce": "true",
        },
      });
    }
    const rule = only(resources, "PrometheusRule").inputs.metadata as { labels: object };
    expect(rule.labels).toMatchObject({ release: "p" });
  });

  test("has no autoscaling and no alerts unless it is told whom to ask, and runs as many as it has to", async () => {
    const resources = await record({ config: { ...USE_CASE_DEFAULTS, minReplicas: 3 } });
    expect(resources.map(title).filter((name) => /ScaledObject|PrometheusRule/.test(name))).toEqual([]);
    expect(only(resources, "Deployment").inputs).toMatchObject({ spec: { replicas: 3 } });
  });

  test("leaves the number of replicas to KEDA, by the runtime's own backlog of each subscriber", async () => {
    const config = { ...USE_CASE_DEFAULTS, minReplicas: 0, maxReplicas: 7 };
    const resources = await record({ config, prometheusUrl: "http://prometheus:9090" });
    expect(only(resources, "Deployment").inputs.spec).not.toHaveProperty("replicas");
    const { spec } = only(resources, "ScaledObject").inputs as { spec: { triggers: { metadata: object }[] } };
    expect(spec).toMatchObject({ minReplicaCount: 0, maxReplicaCount: 7, scaleTargetRef: { name: "greet" } });
    expect(spec.triggers.map(({ metadata }) => metadata)).toMatchObject([
      { query: expect.stringContaining('use_case="greet", subscriber="mail"'), threshold: "16" },
      { query: expect.stringContaining('use_case="greet", subscriber="push"'), threshold: "64" },
    ]);
  });

  test("has pods that drain, are probed, write nothing and can do nothing to the cluster", async () => {
    const { pod, container } = podOf(only(await record(), "Deployment").inputs);
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      serviceAccountName: "greet",
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      terminationGracePeriodSeconds: 45,
    });
    // As long as the longest try may take.
    expect(container.args).toEqual(["start", "greet", "--drain", "30s"]);
    expect(container).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      },
      readinessProbe: { httpGet: { path: "/readyz", port: "metrics" } },
      livenessProbe: { httpGet: { path: "/healthz" } },
      startupProbe: { httpGet: { path: "/healthz" } },
    });
  });

  test("drains for as long as the config says, else for as long as a try may take, 25 s at least", async () => {
    const drained = async (changes: Partial<ExecutorArgs>) => {
      const { pod, container } = podOf(only(await record(changes), "Deployment").inputs);
      return [container.args.at(-1), pod.terminationGracePeriodSeconds];
    };
    expect(await drained({ config: { ...USE_CASE_DEFAULTS, drainMs: 90_500 } })).toEqual(["91s", 106]);
    const [mail] = GREET.settings.subscribers;
    const subscribers = [{ ...mail!, timeoutMs: 1_000 }];
    const useCase = { ...GREET, settings: { ...GREET.settings, subscribers } };
    expect(await drained({ useCase })).toEqual(["25s", 40]);
  });

  test("keeps secrets in the Secret, as secrets of Pulumi's", async () => {
    const config = { ...USE_CASE_DEFAULTS, secretEnv: { KEY: pulumi.secret("hidden") } };
    const resources = await record({ pulsarToken: pulumi.secret("token"), config });
    const { stringData } = only(resources, "Secret").inputs as { stringData: { value: object } };
    expect(isSecret(stringData)).toBe(true);
    expect(Object.keys(stringData.value)).toEqual(["FIVEFOLD_POSTGRES_URL", "KEY", "pulsar-token"]);
    const others = resources.filter(({ type }) => !type.endsWith(":Secret"));
    expect(JSON.stringify(others)).not.toMatch(/password|"token"|hidden/);
    const { container } = podOf(only(resources, "Deployment").inputs);
    expect(container.env).toContainEqual({
      name: "KEY",
      valueFrom: { secretKeyRef: { name: autonamed("greet"), key: "KEY" } },
    });
  });

  test("leaves what pods of before were made for, until the executor goes", async () => {
    const resources = await record();
    for (const type of ["ConfigMap", "Secret"]) {
      const { inputs, retained } = only(resources, type);
      expect(inputs.immutable).toBe(true);
      expect(retained).toBe(true);
    }
  });

  test("gives handlers the variables of the config, which can't take the runtime's own away", async () => {
    const env = { BOOK: "main", FIVEFOLD_PULSAR_URL: "pulsar://elsewhere" };
    const config = { ...USE_CASE_DEFAULTS, env, envSecrets: ["keys"] };
    const resources = await record({ config });
    expect(only(resources, "ConfigMap").inputs.data).toMatchObject({
      BOOK: "main",
      FIVEFOLD_PULSAR_URL: "pulsar://broker.pulsar.svc:6650",
    });
    const { container } = podOf(only(resources, "Deployment").inputs);
    expect(container.env.map(({ name }) => name)).toContain("BOOK");
    expect(container.envFrom).toEqual([{ secretRef: { name: "keys" } }]);
  });

  test("is let through the network to what it needs alone", async () => {
    const egress = [{ cidr: "10.1.0.0/16", ports: [443, 8443] }];
    // A Service's port is not always that of its pods, and not every cluster's DNS listens at 53.
    const home: Home = {
      ...HOME,
      egress: [
        { namespace: "pulsar", pods: { component: "broker" }, ports: [6_650] },
        { namespace: "openshift-dns", ports: ["5353/UDP"] },
      ],
    };
    const { inputs } = only(await record({ home, config: { ...USE_CASE_DEFAULTS, egress } }), "NetworkPolicy");
    const spec = inputs.spec as { egress: { to: object[]; ports: { port: number }[] }[]; ingress: object[] };
    expect(spec.egress.map(({ ports }) => ports.map(({ port }) => port))).toEqual([
      [53, 53],
      [6_650],
      [8_080],
      [5_432],
      [6_650],
      [5_353],
      [443, 8_443],
    ]);
    expect(spec.egress[1]?.to).toEqual([
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "pulsar" } } },
    ]);
    expect(spec.egress.at(-1)?.to).toEqual([{ ipBlock: { cidr: "10.1.0.0/16" } }]);
    expect(spec.egress[4]?.to).toEqual([
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "pulsar" } },
        podSelector: { matchLabels: { component: "broker" } },
      },
    ]);
    expect(spec.egress[5]?.ports).toEqual([{ protocol: "UDP", port: 5_353 }]);
    expect(spec.ingress).toHaveLength(1);
  });

  test("can be previewed while its image, its addresses and its variables are not known yet", async () => {
    const resources = await recordProgram(
      () => {
        const image = new Unmade("image").id;
        const { id } = new Unmade("broker");
        const services = { ...HOME.services, pulsarUrl: id, pulsarAdminUrl: id, pulsarNamespace: id, postgresUrl: id };
        const home = { ...HOME, namespace: id, monitoringNamespace: id, services };
        const config = { ...USE_CASE_DEFAULTS, env: { BUCKET: id }, secretEnv: { KEY: id } };
        new Executor("greet", { useCase: GREET, config, home, image, prometheusUrl: id, monitoringLabels: { a: id } });
      },
      { preview: true },
    );
    expect(podOf(only(resources, "Deployment").inputs).container.image).toMatch(/^04da6b54-/);
    expect(only(resources, "NetworkPolicy").inputs.spec).toMatch(/^04da6b54-/);
  });

  test("has a pod that only shows that it can start, before a Deployment without replicas changes", async () => {
    const config = { ...USE_CASE_DEFAULTS, minReplicas: 0 };
    const resources = await record({ config, prometheusUrl: "http://prometheus:9090" });
    const job = only(resources, "Job");
    const { template, spec } = { ...podOf(job.inputs), spec: job.inputs.spec };
    expect(spec).toMatchObject({ activeDeadlineSeconds: 300 });
    expect(template.spec).toMatchObject({ restartPolicy: "Never", serviceAccountName: "greet" });
    expect(template.spec.containers[0]).toMatchObject({ image: "shop:1", args: ["start", "greet", "--check"] });
    expect(template.spec.containers[0]).not.toHaveProperty("livenessProbe");
    expect(template.metadata).toMatchObject({ labels: { "app.kubernetes.io/component": "start-check" } });
    expect(only(resources, "Deployment").dependencies).toContain(job.urn);
    expect((await record()).map(title).join()).not.toContain("Job");
  });

  test("gives its pods what the platform wants of them, and no label that selects others", async () => {
    const pod: PodExtras = {
      labels: { team: "a", "app.kubernetes.io/name": "another" },
      annotations: { "example.com/scrape": "no" },
      serviceAccountAnnotations: { "eks.amazonaws.com/role-arn": pulumi.output("arn:aws:iam::1:role/greet") },
      nodeSelector: { pool: "work" },
      tolerations: [{ key: "work", operator: "Exists" }],
      priorityClassName: "low",
      sidecars: [{ name: "proxy", image: "proxy:1" }],
      volumes: [{ name: "models", emptyDir: {} }],
      volumeMounts: [{ name: "models", mountPath: "/models" }],
    };
    const resources = await record({ config: { ...USE_CASE_DEFAULTS, pod } });
    const { template, container } = podOf(only(resources, "Deployment").inputs);
    expect(template.metadata).toMatchObject({
      labels: { team: "a", "app.kubernetes.io/name": "greet" },
      annotations: { "example.com/scrape": "no" },
    });
    expect(template.spec).toMatchObject({
      nodeSelector: { pool: "work" },
      tolerations: [{ key: "work", operator: "Exists" }],
      priorityClassName: "low",
      initContainers: [{ name: "proxy", restartPolicy: "Always", securityContext: { readOnlyRootFilesystem: true } }],
    });
    expect(template.spec.volumes).toContainEqual({ name: "models", emptyDir: {} });
    expect(container.volumeMounts).toContainEqual({ name: "models", mountPath: "/models" });
    expect(only(resources, "ServiceAccount").inputs.metadata).toMatchObject({
      annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/greet" },
    });
  });
});

/** At preview nobody knows its id. */
class Unmade extends pulumi.CustomResource {
  constructor(name: string) {
    super("test:index:Unmade", name, {});
  }
}
