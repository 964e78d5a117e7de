import * as pulumi from "@pulumi/pulumi";
import { PulsarNamespace } from "./components/pulsar-namespace.ts";
import { PulsarTenant } from "./components/pulsar-tenant.ts";
import { UseCase } from "./components/use-case.ts";
import { readConfig, type StackConfig } from "./config.ts";
import { deployExecutors } from "./deploy-executors.ts";
import { type ManifestUseCase, readManifest } from "./manifest.ts";
import { DataLossGuard } from "./pulsar/resources.ts";
import { pulsarSchema } from "./schema/pulsar-schema.ts";

export interface DeployOptions {
  /** The project's folder, which holds `generated/`. */
  readonly root: string;
}

/** A deployed stack's outputs. */
export interface Deployed {
  /** The id of each use case's topic. */
  readonly topics: Readonly<Record<string, pulumi.Output<string>>>;
  /** Each executor's Deployment. */
  readonly executors: Readonly<Record<string, pulumi.Output<string>>>;
  /** Each executor's service account, for what lets it into a cloud's API. */
  readonly serviceAccounts: Readonly<Record<string, pulumi.Output<string>>>;
  /** `tenant/namespace` of all topics: what a producer's FIVEFOLD_PULSAR_NAMESPACE is. */
  readonly pulsarNamespace: pulumi.Output<string>;
  /** The executors' namespace. Absent: nothing runs. */
  readonly kubernetesNamespace: string | undefined;
  /** The image of all that have none of their own: what a preview compares with, before a new one is built. */
  readonly image: string | undefined;
}

/** Provisions all use cases of a built project, as the config of the stack that runs says: docs/deploy.md. */
export function deploy({ root }: DeployOptions): Deployed {
  const useCases = readManifest(root);
  const config = readConfig(useCases);
  const { pulsarNamespace, kubernetes } = config;

  const namespaces = createNamespace(config);
  const namespace = namespaces.at(-1) as PulsarNamespace;
  const topics = new Map(useCases.map((useCase) => [useCase.name, createUseCase(useCase, namespace, config, root)]));
  const executors = kubernetes && deployExecutors({ useCases, config, kubernetes, topics });

  const guarded = useCases.flatMap(({ name: useCase, topics }) =>
    topics.map(({ name, subscriptions }) => ({ useCase, topic: name, subscriptions })),
  );
  new DataLossGuard(
    pulumi.getStack(),
    { namespace: pulsarNamespace, topics: guarded.toSorted((a, b) => (a.topic < b.topic ? -1 : 1)) },
    // Deleted before all others, since it depends on them: a destroy that would lose messages ends with it.
    { dependsOn: [...namespaces, ...topics.values(), ...(executors?.components ?? [])] },
  );
  return {
    topics: Object.fromEntries(Array.from(topics, ([name, { topic }]) => [name, topic])),
    executors: executors?.deployments ?? {},
    serviceAccounts: executors?.serviceAccounts ?? {},
    pulsarNamespace: namespace.namespace,
    kubernetesNamespace: kubernetes?.namespace,
    image: config.image,
  };
}

/** The namespace last, with what it is in before it. */
function createNamespace({ tenant: name, createTenant, adminRoles, pulsarNamespace, policies }: StackConfig) {
  const { clusters } = policies;
  const tenants = createTenant ? [new PulsarTenant(name, { tenant: name, clusters, adminRoles })] : [];
  const args = { namespace: pulsarNamespace, policies };
  return [...tenants, new PulsarNamespace(pulsarNamespace, args, { dependsOn: tenants })];
}

function createUseCase(useCase: ManifestUseCase, { namespace }: PulsarNamespace, config: StackConfig, root: string) {
  const { partitions, executorRole, producers, deadLetterReaders } = config.useCase(useCase.name);
  return new UseCase(useCase.name, {
    useCase,
    namespace,
    partitions,
    replicated: config.policies.clusters.length > 1,
    schema: pulsarSchema(useCase, root),
    executorRole,
    workerRoles: config.workerRoles,
    producers: [...new Set([...producers, config.gatewayRole ?? [], config.captureRole(useCase.name) ?? []].flat())],
    deadLetterReaders,
    metricsRole: config.metricsRole,
  });
}
