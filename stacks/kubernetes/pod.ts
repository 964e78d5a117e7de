import { createHash } from "node:crypto";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Labels, labelsOf, selectorLabels, type Workload } from "./labels.ts";
import { CERTIFICATES_KEY, MOUNT, POSTGRES_URL_KEY, PULSAR_TOKEN_KEY, type Services } from "./services.ts";

export const METRICS_PORT = 9464;
/** What the runtime does after its tasks have ended or were aborted: it stores outcomes and closes connections. */
const CLOSING_SECONDS = 15;

export interface PodSettings {
  readonly workload: Workload;
  readonly image: pulumi.Input<string>;
  readonly imagePullSecrets: readonly string[];
  /** Arguments of the `fivefold` command. */
  readonly args: readonly string[];
  /** Name of the ConfigMap, the Secret and the ServiceAccount. */
  readonly objectName: string;
  readonly services: Services;
  readonly environment: Readonly<Record<string, string>>;
  /** Names of Kubernetes secrets whose keys become variables. */
  readonly envSecrets: readonly string[];
  readonly cpu: string;
  readonly memory: string;
  readonly drainSeconds: number;
  readonly annotations: Labels;
}

type PodTemplate = types.input.core.v1.PodTemplateSpec;
type Container = types.input.core.v1.Container;

/** A pod that passes the `restricted` pod security standard. */
export function podTemplate(settings: PodSettings): PodTemplate {
  const { workload, objectName, services } = settings;
  const hasToken = services.pulsarToken !== undefined;
  const hasCertificates = services.trustedCertificates !== undefined;
  return {
    metadata: {
      labels: labelsOf(workload),
      annotations: { ...settings.annotations, "fivefold.dev/config": configHash(settings) },
    },
    spec: {
      serviceAccountName: objectName,
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
      topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: selectorLabels(workload) },
      })),
      containers: [container(settings)],
      volumes: [
        // All else is read-only.
        { name: "tmp", emptyDir: {} },
        ...(hasToken
          ? [
              {
                name: "pulsar-token",
                secret: {
                  secretName: objectName,
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
                configMap: { name: objectName, items: [{ key: CERTIFICATES_KEY, path: CERTIFICATES_KEY }] },
              },
            ]
          : []),
      ],
    },
  };
}

function container(settings: PodSettings): Container {
  const { objectName, services, cpu, memory } = settings;
  const probe = (path: string) => ({ httpGet: { path, port: "metrics" }, periodSeconds: 10, timeoutSeconds: 2 });
  return {
    name: settings.workload.component,
    image: settings.image,
    args: [...settings.args],
    env: [
      ...Object.keys(settings.environment).map((name) => ({
        name,
        valueFrom: { configMapKeyRef: { name: objectName, key: name } },
      })),
      { name: "FIVEFOLD_POSTGRES_URL", valueFrom: { secretKeyRef: { name: objectName, key: POSTGRES_URL_KEY } } },
    ],
    ...(settings.envSecrets.length > 0 && { envFrom: settings.envSecrets.map((name) => ({ secretRef: { name } })) }),
    ports: [{ name: "metrics", containerPort: METRICS_PORT }],
    // Connecting and loading handlers may take a minute on a busy node.
    startupProbe: { ...probe("/healthz"), periodSeconds: 2, failureThreshold: 45 },
    livenessProbe: { ...probe("/healthz"), failureThreshold: 6 },
    readinessProbe: probe("/readyz"),
    // Without a limit of CPU: the scheduler keeps room by the request, and a limit only slows down on a quiet node.
    resources: { requests: { cpu, memory }, limits: { memory } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      ...(services.pulsarToken === undefined ? [] : [{ name: "pulsar-token", mountPath: MOUNT.token, readOnly: true }]),
      ...(services.trustedCertificates === undefined
        ? []
        : [{ name: "certificates", mountPath: MOUNT.certificates, readOnly: true }]),
    ],
  };
}

/** Variables are read once: pods have to start anew when one changes. The token is a file, and is read again. */
function configHash({ environment, services }: PodSettings): pulumi.Output<string> {
  const settings = { environment, certificates: services.trustedCertificates ?? "" };
  return pulumi.secret(services.postgresUrl).apply((url) =>
    createHash("sha256")
      .update(JSON.stringify({ ...settings, url }))
      .digest("hex")
      .slice(0, 32),
  );
}
