import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesClient } from "./kubernetes-client.ts";
import type { NodeParts } from "./kubernetes-install.ts";
import type { Authority } from "./node-certificates.ts";
import type { Run } from "./node-namespace.ts";
import { flags } from "./node-settings.ts";

const NAMESPACE = "keda";
const ADAPTER_PORT = 7443;
const METRICS_SERVICE = "127.0.0.1:9666";

export interface KedaSurroundings {
  readonly nodeParts: NodeParts;
  readonly folder: string;
  readonly run: Run;
  readonly client: KubernetesClient;
  readonly innerKubeconfig: string;
  readonly authority: Authority;
}

/** Starts KEDA's operator and metrics adapter beside the API server, which asks the adapter without a Service network. */
export async function installKeda(surroundings: KedaSurroundings): Promise<void> {
  const { nodeParts, folder, run, client, innerKubeconfig, authority } = surroundings;
  const names = "DNS:keda-operator.keda.svc,DNS:localhost,IP:127.0.0.1";
  const { certificate, key } = await authority.issue("keda", "/CN=keda-operator", names);
  const certificates = join(folder, "keda");
  await mkdir(certificates);
  for (const [from, to] of [
    [certificate, "tls.crt"],
    [key, "tls.key"],
    [authority.certificate, "ca.crt"],
  ] as const)
    await copyFile(from, join(certificates, to));
  await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });

  const environment = {
    KUBECONFIG: innerKubeconfig,
    POD_NAMESPACE: NAMESPACE,
    WATCH_NAMESPACE: "",
    KEDA_CLUSTER_OBJECT_NAMESPACE: NAMESPACE,
  };
  const env = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const operator = {
    "leader-elect": false,
    "metrics-bind-address": "127.0.0.1:8081",
    "health-probe-bind-address": "127.0.0.1:8082",
    "metrics-service-bind-address": METRICS_SERVICE,
    "cert-dir": certificates,
    "enable-cert-rotation": false,
  };
  await run("keda-operator", "env", [...env, nodeParts.kedaOperator, ...flags(operator)], async () => undefined);
  const adapter = {
    kubeconfig: innerKubeconfig,
    "lister-kubeconfig": innerKubeconfig,
    "authentication-kubeconfig": innerKubeconfig,
    "authorization-kubeconfig": innerKubeconfig,
    "secure-port": ADAPTER_PORT,
    "bind-address": "127.0.0.1",
    "cert-dir": certificates,
    "metrics-service-address": METRICS_SERVICE,
    port: 18_090,
  };
  await client.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "keda-metrics", namespace: NAMESPACE },
    spec: { type: "ExternalName", externalName: "localhost", ports: [{ port: ADAPTER_PORT }] },
  });
  const service = {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: "v1beta1.external.metrics.k8s.io" },
    spec: {
      group: "external.metrics.k8s.io",
      version: "v1beta1",
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { name: "keda-metrics", namespace: NAMESPACE, port: ADAPTER_PORT },
    },
  };
  await client.apply(service);
  await run("keda-adapter", "env", [...env, nodeParts.kedaAdapter, ...flags(adapter)], async () => {
    const { status } = (await client.read(service)) as unknown as {
      status?: { conditions?: { type: string; status: string; message: string }[] };
    };
    const available = status?.conditions?.find(({ type }) => type === "Available");
    return available?.status === "True" ? undefined : (available?.message ?? "the API server has not asked it yet");
  });
}
