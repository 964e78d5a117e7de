import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Egress } from "./egress.ts";
import { labelsOf, type ObjectMetadata, policyLabels, selectorLabels, type Workload } from "./labels.ts";
import { type Ingress, networkPolicy } from "./network-policy.ts";
import { podTemplate } from "./pod.ts";
import type { PodExtras } from "./pod-extras.ts";
import { CERTIFICATES_KEY, environmentOf, POSTGRES_VARIABLE, PULSAR_TOKEN_KEY, type Services } from "./services.ts";
import { createStartCheck } from "./start-check.ts";

/** What all processes of a home have in common. */
export interface Home {
  /** The Kubernetes namespace. */
  readonly namespace: pulumi.Input<string>;
  readonly imagePullSecrets: readonly pulumi.Input<string>[];
  readonly services: Omit<Services, "pulsarToken">;
  /** The Kubernetes namespace that metrics are collected from. */
  readonly monitoringNamespace: pulumi.Input<string>;
  /** Where all pods may connect to, besides what they need. Default nowhere. */
  readonly egress?: readonly Egress[] | undefined;
  /** Longest that a rollout may take before it counts as failed, in seconds. Default 300. */
  readonly rolloutSeconds?: number | undefined;
}

const ROLLOUT_SECONDS = 300;
/** What the end of a Deployment may take beyond its pods' last tasks. */
const DELETED_SECONDS = 300;

export interface WorkloadSettings {
  /** Of all its objects whose names do not change with what they hold. */
  readonly objectName: string;
  readonly workload: Workload;
  readonly home: Home;
  readonly pulsarToken: pulumi.Input<string> | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly image: pulumi.Input<string>;
  /** Arguments of the `fivefold` command. */
  readonly args: readonly string[];
  /** Absent: something else counts replicas, and a number here would set them back at every change. */
  readonly replicas: number | undefined;
  /**
   * Arguments with which a pod shows that it could start, and ends; it has to before the Deployment changes. Absent:
   * the Deployment's own pods show it.
   */
  readonly startCheck?: readonly string[] | undefined;
  readonly env: Readonly<Record<string, pulumi.Input<string>>>;
  readonly secretEnv: Readonly<Record<string, pulumi.Input<string>>>;
  readonly envSecrets: readonly pulumi.Input<string>[];
  readonly egress: readonly Egress[];
  /** Where it listens besides metrics, and to whom. Default nowhere. */
  readonly ingress?: Ingress | undefined;
  readonly pod: PodExtras;
  readonly cpu: string;
  readonly memory: string;
  readonly drainSeconds: number;
  /** Makes what its pods need besides. Default nothing. */
  readonly needs?: ((metadata: () => ObjectMetadata) => readonly pulumi.Resource[]) | undefined;
}

export interface CreatedWorkload {
  readonly deployment: k8s.apps.v1.Deployment;
  readonly serviceAccount: k8s.core.v1.ServiceAccount;
  /** For an object that belongs to it: each gets its own, which a transformation may change. */
  metadata(): ObjectMetadata;
  readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
}

/** What somebody set by hand is set back, where the API server would otherwise refuse the change as a conflict. */
export const PUT_BACK = { "pulumi.com/patchForce": "true" };

/** A Deployment, and what its pods need: an account, settings, secrets, and a way through the network. */
export function createWorkload(name: string, settings: WorkloadSettings, parent: pulumi.Resource): CreatedWorkload {
  const { objectName, workload, home, pod } = settings;
  const services: Services = { ...home.services, pulsarToken: settings.pulsarToken };
  const metadata = (): ObjectMetadata => ({
    name: objectName,
    namespace: home.namespace,
    labels: { ...labelsOf(workload) },
    annotations: { ...settings.annotations, ...PUT_BACK },
  });
  const podSelector = { matchLabels: selectorLabels(workload) };
  const environment = { ...settings.env, ...environmentOf(services) };
  const { trustedCertificates } = services;
  const certificates = trustedCertificates === undefined ? {} : { [CERTIFICATES_KEY]: trustedCertificates };
  const policySpec = networkPolicy({
    podLabels: policyLabels(workload),
    services,
    egress: [...(home.egress ?? []), ...settings.egress],
    ingress: settings.ingress,
    monitoringNamespace: home.monitoringNamespace,
  });

  const { annotations } = metadata();
  const account = new k8s.core.v1.ServiceAccount(
    name,
    {
      metadata: { ...metadata(), annotations: { ...annotations, ...pod.serviceAccountAnnotations } },
      automountServiceAccountToken: false,
    },
    { parent },
  );
  // Pods of before keep what they were made for, also after a `rollout undo`: a change makes another object beside it.
  // Those that nobody needs any more go with the account.
  const owner = account.metadata.uid.apply((uid) =>
    uid ? [{ apiVersion: "v1", kind: "ServiceAccount", name: objectName, uid }] : undefined,
  );
  const { name: _, ...unnamed } = metadata();
  const versioned = () => ({ ...unnamed, ownerReferences: owner });
  const kept = { parent, retainOnDelete: true };
  const configMap = new k8s.core.v1.ConfigMap(
    name,
    { metadata: versioned(), data: { ...environment, ...certificates }, immutable: true },
    kept,
  );
  const secrets = {
    [POSTGRES_VARIABLE]: services.postgresUrl,
    ...(services.pulsarToken === undefined ? {} : { [PULSAR_TOKEN_KEY]: services.pulsarToken }),
    ...settings.secretEnv,
  };
  const secret = new k8s.core.v1.Secret(
    name,
    { metadata: versioned(), stringData: secretsOf(secrets), immutable: true },
    kept,
  );
  const policy = new k8s.networking.v1.NetworkPolicy(name, { metadata: metadata(), spec: policySpec }, { parent });

  const template = podTemplate({
    ...settings,
    imagePullSecrets: home.imagePullSecrets,
    services,
    variables: Object.keys(environment),
    secretVariables: [POSTGRES_VARIABLE, ...Object.keys(settings.secretEnv)],
    serviceAccount: objectName,
    configMap: configMap.metadata.name,
    secret: secret.metadata.name,
  });
  const rolloutSeconds = home.rolloutSeconds ?? ROLLOUT_SECONDS;
  const needed: pulumi.Resource[] = [account, configMap, secret, policy, ...(settings.needs?.(metadata) ?? [])];
  if (settings.startCheck) {
    const { startCheck: args } = settings;
    needed.push(
      createStartCheck(name, { metadata: unnamed, template, workload, args, rolloutSeconds }, parent, needed),
    );
  }
  const spec = {
    ...(settings.replicas === undefined ? {} : { replicas: settings.replicas }),
    selector: podSelector,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
    progressDeadlineSeconds: rolloutSeconds,
    template,
  };
  const deployment = new k8s.apps.v1.Deployment(
    name,
    { metadata: metadata(), spec },
    { parent, dependsOn: needed, customTimeouts: timeouts(rolloutSeconds, settings.drainSeconds) },
  );
  return { deployment, serviceAccount: account, metadata, podSelector };
}

/** How long Pulumi waits for what has to become ready. */
function timeouts(rolloutSeconds: number, drainSeconds: number): pulumi.CustomTimeouts {
  return { create: `${rolloutSeconds}s`, update: `${rolloutSeconds}s`, delete: `${drainSeconds + DELETED_SECONDS}s` };
}

function secretsOf(values: Readonly<Record<string, pulumi.Input<string>>>): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, pulumi.secret(value)]));
}
