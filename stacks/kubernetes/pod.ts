import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type Labels, labelsOf, selectorLabels, type Workload } from "./labels.ts";
import type { PodExtras } from "./pod-extras.ts";
import { CERTIFICATES_KEY, MOUNT, PULSAR_TOKEN_KEY, type Services } from "./services.ts";

export const METRICS_PORT = 9464;
/** What the runtime does after its tasks have ended or were aborted: it stores outcomes and closes connections. */
const CLOSING_SECONDS = 15;

export interface PodSettings {
  readonly workload: Workload;
  readonly image: pulumi.Input<string>;
  readonly imagePullSecrets: readonly pulumi.Input<string>[];
  /** Arguments of the `fivefold` command. */
  readonly args: readonly string[];
  readonly services: Services;
  readonly serviceAccount: string;
  /** Names of the ConfigMap and the Secret: others where they hold something else, so that pods start anew. */
  readonly configMap: pulumi.Input<string>;
  readonly secret: pulumi.Input<string>;
  /** Keys of the ConfigMap that become variables. */
  readonly variables: readonly string[];
  /** Keys of the Secret that become variables. */
  readonly secretVariables: readonly string[];
  /** Names of Kubernetes secrets whose keys become variables. */
  readonly envSecrets: readonly pulumi.Input<string>[];
  readonly pod: PodExtras;
  readonly cpu: string;
  readonly memory: string;
  readonly drainSeconds: number;
  readonly annotations: Labels;
  /** Where it listens besides metrics. */
  readonly ingress?: { readonly port: number } | undefined;
}

type Container = types.input.core.v1.Container;

export interface PodTemplate {
  readonly metadata: {
    readonly labels: Readonly<Record<string, pulumi.Input<string>>>;
    readonly annotations: Readonly<Record<string, pulumi.Input<string>>>;
  };
  readonly spec: Omit<types.input.core.v1.PodSpec, "containers"> & { readonly containers: [Container] };
}

const RESTRICTED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** A pod that passes the `restricted` pod security standard. */
export function podTemplate(settings: PodSettings): PodTemplate {
  const { workload, services, pod } = settings;
  const hasToken = services.pulsarToken !== undefined;
  const hasCertificates = services.trustedCertificates !== undefined;
  return {
    metadata: {
      labels: { ...pod.labels, ...labelsOf(workload) },
      annotations: { ...settings.annotations, ...pod.annotations },
    },
    spec: {
      serviceAccountName: settings.serviceAccount,
      // No handler is given a way into the cluster's API unasked.
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10_001,
        runAsGroup: 10_001,
        fsGroup: 10_001,
        seccompProfile: { type: "RuntimeDefault" },
      },
      // There is no preStop hook: nothing sends to a worker, so that it may begin to drain at SIGTERM.
      terminationGracePeriodSeconds: settings.drainSeconds + CLOSING_SECONDS,
      ...(settings.imagePullSecrets.length > 0 && {
        imagePullSecrets: settings.imagePullSecrets.map((name) => ({ name })),
      }),
      ...(pod.nodeSelector && { nodeSelector: { ...pod.nodeSelector } }),
      ...(pod.tolerations && { tolerations: [...pod.tolerations] }),
      ...(pod.priorityClassName && { priorityClassName: pod.priorityClassName }),
      topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: selectorLabels(workload) },
      })),
      // Among the init containers with a restart policy: they are there before the executor and end after it.
      ...(pod.sidecars && {
        initContainers: pod.sidecars.map((sidecar) => ({
          securityContext: RESTRICTED,
          ...sidecar,
          restartPolicy: "Always",
        })),
      }),
      containers: [container(settings)],
      volumes: [
        // All else is read-only.
        { name: "tmp", emptyDir: {} },
        ...(hasToken
          ? [
              {
                name: "pulsar-token",
                secret: {
                  secretName: settings.secret,
                  items: [{ key: PULSAR_TOKEN_KEY, path: PULSAR_TOKEN_KEY }],
                  defaultMode: 0o440,
                },
              },
            ]
          : []),
        ...(hasCertificates
          ? [
              {
                name: "certificates",
                configMap: { name: settings.configMap, items: [{ key: CERTIFICATES_KEY, path: CERTIFICATES_KEY }] },
              },
            ]
          : []),
        ...(pod.volumes ?? []),
      ],
    },
  };
}

function container(settings: PodSettings): Container {
  const { services, cpu, memory, configMap, secret, pod } = settings;
  const probe = (path: string) => ({ httpGet: { path, port: "metrics" }, periodSeconds: 10, timeoutSeconds: 2 });
  return {
    name: settings.workload.component,
    image: settings.image,
    args: [...settings.args],
    env: [
      ...settings.variables.map((name) => ({ name, valueFrom: { configMapKeyRef: { name: configMap, key: name } } })),
      ...settings.secretVariables.map((name) => ({ name, valueFrom: { secretKeyRef: { name: secret, key: name } } })),
    ],
    ...(settings.envSecrets.length > 0 && { envFrom: settings.envSecrets.map((name) => ({ secretRef: { name } })) }),
    ports: [
      ...(settings.ingress ? [{ name: "http", containerPort: settings.ingress.port }] : []),
      { name: "metrics", containerPort: METRICS_PORT },
    ],
    // Connecting and loading handlers may take a minute on a busy node.
    startupProbe: { ...probe("/healthz"), periodSeconds: 2, failureThreshold: 45 },
    livenessProbe: { ...probe("/healthz"), failureThreshold: 6 },
    readinessProbe: probe("/readyz"),
    // Without a limit of CPU: the scheduler keeps room by the request, and a limit only slows down on a quiet node.
    resources: { requests: { cpu, memory }, limits: { memory } },
    securityContext: RESTRICTED,
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      ...(services.pulsarToken === undefined ? [] : [{ name: "pulsar-token", mountPath: MOUNT.token, readOnly: true }]),
      ...(services.trustedCertificates === undefined
        ? []
        : [{ name: "certificates", mountPath: MOUNT.certificates, readOnly: true }]),
      ...(pod.volumeMounts ?? []),
    ],
  };
}
