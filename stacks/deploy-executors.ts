import type * as pulumi from "@pulumi/pulumi";
import { BacklogExporter } from "./components/backlog-exporter.ts";
import { Capture } from "./components/capture.ts";
import { Executor } from "./components/executor.ts";
import { ExecutorNamespace } from "./components/executor-namespace.ts";
import { Gateway } from "./components/gateway.ts";
import { Monitoring } from "./components/monitoring.ts";
import { StackClaim } from "./components/stack-claim.ts";
import type { KubernetesConfig, StackConfig } from "./config.ts";
import { ofUseCase } from "./config-secrets.ts";
import type { Home } from "./kubernetes/workload.ts";
import type { ManifestUseCase } from "./manifest.ts";

export interface DeployExecutorsArgs {
  readonly useCases: readonly ManifestUseCase[];
  readonly config: StackConfig;
  readonly kubernetes: KubernetesConfig;
  /** What has to be there before a use case's executor starts. */
  readonly topics: ReadonlyMap<string, pulumi.Resource>;
}

export interface DeployedExecutors {
  /** Each executor's Deployment. */
  readonly deployments: Readonly<Record<string, pulumi.Output<string>>>;
  readonly serviceAccounts: Readonly<Record<string, pulumi.Output<string>>>;
  readonly components: readonly pulumi.Resource[];
}

/** Everything of a stack that is on Kubernetes. */
export function deployExecutors({ useCases, config, kubernetes, topics }: DeployExecutorsArgs): DeployedExecutors {
  const { namespace, prometheusUrl, monitoringLabels, pulsarTokens } = kubernetes;
  const home = homeOf(kubernetes);
  const own = kubernetes.createNamespace ? [new ExecutorNamespace(namespace, { namespace })] : [];
  const claim = new StackClaim("one-stack-per-namespace", { namespace }, { dependsOn: own });
  const components: pulumi.Resource[] = [...own, claim];
  const deployments: Record<string, pulumi.Output<string>> = {};
  const serviceAccounts: Record<string, pulumi.Output<string>> = {};
  const running = useCases
    .map((useCase) => ({ useCase, config: config.useCase(useCase.name) }))
    .filter(({ config }) => config.executor);

  for (const { useCase, config } of running) {
    const { name } = useCase;
    const needed = [claim, ...own, ...[topics.get(name) ?? []].flat()];
    const executor = new Executor(
      name,
      {
        useCase,
        config,
        home,
        image: config.image as string,
        pulsarToken: ofUseCase(pulsarTokens, name),
        prometheusUrl,
        monitoringLabels,
      },
      { dependsOn: needed },
    );
    components.push(executor);
    deployments[name] = executor.deployment;
    serviceAccounts[name] = executor.serviceAccount;
  }

  // While an executor has no replica, another process has to say that there is work for one.
  const sleeper = running.find(({ config }) => config.minReplicas === 0);
  if (sleeper) {
    const image = sleeper.config.image as string;
    const args = { home, image, pulsarToken: kubernetes.metricsToken, pod: kubernetes.pod };
    components.push(new BacklogExporter("backlogs", args, { dependsOn: [claim, ...own, ...topics.values()] }));
  }
  if (kubernetes.gateway) {
    const dependsOn = [claim, ...own, ...topics.values()];
    components.push(new Gateway("gateway", { home, ...kubernetes.gateway }, { dependsOn }));
  }
  if (kubernetes.capture) {
    const dependsOn = [claim, ...own, ...topics.values()];
    components.push(new Capture("capture", { home, ...kubernetes.capture }, { dependsOn }));
  }
  if (monitoringLabels) {
    components.push(new Monitoring("monitoring", { namespace, monitoringLabels }, { dependsOn: [claim, ...own] }));
  }
  return { deployments, serviceAccounts, components };
}

/** What all processes of a stack have in common, as its config says. */
export function homeOf(kubernetes: KubernetesConfig): Home {
  const { namespace, imagePullSecrets, monitoringNamespace, egress, rolloutWithinMs } = kubernetes;
  const { pulsarUrl, pulsarAdminUrl, pulsarClient, pulsarNamespace } = kubernetes;
  const { postgresUrl, postgresPort, trustedCertificates } = kubernetes;
  return {
    namespace,
    imagePullSecrets,
    monitoringNamespace,
    egress,
    rolloutSeconds: Math.ceil(rolloutWithinMs / 1_000),
    services: {
      ...{ pulsarUrl, pulsarAdminUrl, pulsarClient, pulsarNamespace },
      ...{ postgresUrl, postgresPort, trustedCertificates },
    },
  };
}
