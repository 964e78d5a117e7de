import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { alertsOf } from "../kubernetes/alerts.ts";
import { scaledObject } from "../kubernetes/autoscaling.ts";
import { createWorkload, type Home } from "../kubernetes/workload.ts";
import type { ManifestUseCase } from "../manifest.ts";
import type { UseCaseConfig } from "../use-case-config.ts";

export interface ExecutorArgs {
  readonly useCase: ManifestUseCase;
  readonly config: UseCaseConfig;
  readonly home: Home;
  readonly image: pulumi.Input<string>;
  /** Its role's token. Absent: it comes as nobody. */
  readonly pulsarToken?: pulumi.Input<string> | undefined;
  /** Whom KEDA asks for the backlog. Absent: no autoscaling, `minReplicas` run. */
  readonly prometheusUrl?: pulumi.Input<string> | undefined;
  /** Labels by which the Prometheus operator picks alerts. Absent: there are none. */
  readonly monitoringLabels?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
}

/** The runtime's own default. */
const DRAIN_SECONDS = 25;
/** The runtime's own default. */
const CALLBACK_PORT = 9_465;

/** What runs a use case's handlers on Kubernetes. All of its objects have the use case's name. */
export class Executor extends pulumi.ComponentResource {
  /** The Deployment's name. */
  readonly deployment: pulumi.Output<string>;
  /** The service account's name, for what lets it into a cloud's API. */
  readonly serviceAccount: pulumi.Output<string>;

  constructor(name: string, args: ExecutorArgs, options?: pulumi.ComponentResourceOptions) {
    super("fivefold:kubernetes:Executor", name, {}, options);
    const { useCase, config, home, prometheusUrl } = args;
    const drainSeconds = drainSecondsOf(useCase, config);
    const takesCallbacks = config.callbacksFrom.length > 0;
    const callbackUrl = pulumi.interpolate`http://${useCase.name}.${home.namespace}.svc:${CALLBACK_PORT}`;
    const { deployment, serviceAccount, metadata, podSelector } = createWorkload(
      name,
      {
        objectName: useCase.name,
        workload: {
          name: useCase.name,
          instance: pulumi.getStack(),
          partOf: pulumi.getProject(),
          component: "executor",
          owner: useCase.owner,
        },
        home,
        pulsarToken: args.pulsarToken,
        annotations: { "fivefold.dev/source": useCase.file, "fivefold.dev/owner": useCase.owner },
        image: args.image,
        args: ["start", useCase.name, "--drain", `${drainSeconds}s`],
        replicas: prometheusUrl === undefined ? config.minReplicas : undefined,
        // Where no pod runs, a Deployment is ready without having started one.
        startCheck: config.minReplicas === 0 ? ["start", useCase.name, "--check"] : undefined,
        env: takesCallbacks ? { FIVEFOLD_CALLBACK_URL: callbackUrl, ...config.env } : config.env,
        secretEnv: config.secretEnv,
        envSecrets: config.envSecrets,
        egress: config.egress,
        ingress: takesCallbacks ? { port: CALLBACK_PORT, from: config.callbacksFrom } : undefined,
        pod: config.pod,
        cpu: config.cpu,
        memory: config.memory,
        drainSeconds,
      },
      this,
    );
    if (takesCallbacks) {
      const ports = [{ name: "http", port: CALLBACK_PORT, targetPort: "http", protocol: "TCP" }];
      const spec = { selector: podSelector.matchLabels, ports };
      new k8s.core.v1.Service(name, { metadata: metadata(), spec }, { parent: this, dependsOn: deployment });
    }
    const budget = { maxUnavailable: 1, selector: podSelector };
    new k8s.policy.v1.PodDisruptionBudget(name, { metadata: metadata(), spec: budget }, { parent: this });
    if (prometheusUrl !== undefined) {
      const spec = pulumi
        .all([home.namespace, prometheusUrl])
        .apply(([kubernetesNamespace, prometheusUrl]) =>
          scaledObject({ useCase, config, deployment: useCase.name, kubernetesNamespace, prometheusUrl }),
        );
      new k8s.apiextensions.CustomResource(
        `${name}-scale`,
        { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", metadata: metadata(), spec },
        { parent: this, dependsOn: deployment },
      );
    }
    if (args.monitoringLabels) {
      const own = metadata();
      const labels = { ...own.labels, ...args.monitoringLabels };
      // Without autoscaling no more than the fewest run.
      const most = prometheusUrl === undefined ? config.minReplicas : config.maxReplicas;
      const rules = pulumi.output(home.namespace).apply((namespace) => alertsOf(useCase, namespace, most));
      const spec = { groups: [{ name: `fivefold-${useCase.name}`, rules }] };
      new k8s.apiextensions.CustomResource(
        `${name}-alerts`,
        { apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule", metadata: { ...own, labels }, spec },
        { parent: this },
      );
    }
    this.deployment = deployment.metadata.name;
    this.serviceAccount = serviceAccount.metadata.name;
    this.registerOutputs({ deployment: this.deployment, serviceAccount: this.serviceAccount });
  }
}

/** Enough for any try to end by itself. */
function drainSecondsOf({ settings }: ManifestUseCase, { drainMs }: UseCaseConfig): number {
  if (drainMs !== undefined) return Math.ceil(drainMs / 1_000);
  const timeouts = settings.subscribers.map(({ timeoutMs }) => timeoutMs);
  return Math.max(DRAIN_SECONDS, Math.ceil(Math.max(...timeouts) / 1_000));
}
