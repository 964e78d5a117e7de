import type { ManifestUseCase } from "../manifest.ts";
import type { UseCaseConfig } from "../use-case-config.ts";

const POLL_SECONDS = 15;
const COOL_DOWN_SECONDS = 300;

/** How long a task may wait for the first replica. The compiler's `checkScaling` says of what; stacks import none of it. */
export const COLD_START_SECONDS = 60;

export interface AutoscalingSettings {
  readonly useCase: ManifestUseCase;
  readonly config: UseCaseConfig;
  /** The Deployment's name. */
  readonly deployment: string;
  readonly kubernetesNamespace: string;
  readonly prometheusUrl: string;
}

/**
 * The spec of KEDA's ScaledObject: as many replicas as it takes to have all ready tasks in flight. The runtime counts
 * tasks that are ready; KEDA's own Pulsar scaler would count delayed ones too.
 */
export function scaledObject({ useCase, config, deployment, kubernetesNamespace, prometheusUrl }: AutoscalingSettings) {
  return {
    scaleTargetRef: { name: deployment },
    minReplicaCount: config.minReplicas,
    maxReplicaCount: config.maxReplicas,
    pollingInterval: POLL_SECONDS,
    cooldownPeriod: COOL_DOWN_SECONDS,
    // Whoever can't see the backlog must not conclude that there is none: replicas that are busy stay.
    fallback: {
      failureThreshold: 4,
      replicas: Math.max(1, config.minReplicas),
      behavior: "currentReplicasIfHigher",
    },
    triggers: useCase.settings.subscribers.map(({ name, maxInFlight }) => ({
      type: "prometheus",
      name,
      metricType: "AverageValue",
      metadata: {
        serverAddress: prometheusUrl,
        query:
          "max(fivefold_ready_backlog_tasks" +
          `{namespace="${kubernetesNamespace}", use_case="${useCase.name}", subscriber="${name}"})`,
        threshold: String(config.tasksPerReplica ?? maxInFlight),
        activationThreshold: "0",
        ignoreNullValues: "false",
      },
    })),
  };
}
