import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./free-ports.ts";
import { createKubernetesClient, type KubernetesClient } from "./kubernetes-client.ts";
import { installKubernetes, type KubernetesParts } from "./kubernetes-install.ts";
import { defineKinds } from "./kubernetes-kinds.ts";
import { type Program, startProgram } from "./program.ts";

const READY_WITHIN_MS = 120_000;

export interface KubernetesApi {
  readonly url: string;
  /** The path of a kubeconfig file for the administrator. */
  readonly kubeconfig: string;
  /** As the administrator. */
  readonly client: KubernetesClient;
  stop(): Promise<void>;
}

/**
 * Starts a real API server with etcd and the controller manager, and the kinds of KEDA and of the
 * Prometheus operator. Deployments get their Pods, but
 * without scheduler and kubelet no Pod leaves `Pending`.
 */
export async function startKubernetesApi(): Promise<KubernetesApi> {
  const parts = await installKubernetes();
  const folder = await mkdtemp(join(tmpdir(), "fivefold-kubernetes-"));
  const programs: Program[] = [];
  const stop = async () => {
    // In the reverse order, so that none loses what it depends on.
    for (const program of programs.reverse()) await program.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [etcdPort, peerPort, port] = (await freePorts(3)) as [number, number, number];
    const url = `https://127.0.0.1:${port}`;
    programs.push(await startEtcd(parts, folder, etcdPort, peerPort));
    const keys = await writeKeys(folder);
    programs.push(await startApiServer(parts, folder, keys, `http://127.0.0.1:${etcdPort}`, port));
    const kubeconfig = await writeKubeconfig(folder, url, keys.adminToken);
    const client = createKubernetesClient(kubeconfig);
    programs.push(await startControllerManager(parts, folder, keys, kubeconfig, client));
    await defineKinds(parts.customKinds, client);
    return { url, kubeconfig, client, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startEtcd({ etcd }: KubernetesParts, folder: string, port: number, peerPort: number): Promise<Program> {
  const [clientUrl, peerUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  return startProgram({
    name: "etcd",
    command: etcd,
    args: [
      `--data-dir=${join(folder, "etcd")}`,
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      // Its data is removed in the end, so that it need not outlive a loss of power.
      "--unsafe-no-fsync",
    ],
    log: join(folder, "etcd.log"),
    readyWithinMs: READY_WITHIN_MS,
    async ready() {
      const { health } = (await (await fetch(`${clientUrl}/health`)).json()) as { health: string };
      return health === "true" ? undefined : `its health is ${health}`;
    },
  });
}

interface Keys {
  readonly adminToken: string;
  readonly tokenFile: string;
  readonly signingKey: string;
  readonly verifyingKey: string;
}

/** The administrator's token, and the keys of service accounts. */
async function writeKeys(folder: string): Promise<Keys> {
  const adminToken = randomBytes(24).toString("hex");
  const tokenFile = join(folder, "tokens.csv");
  await writeFile(tokenFile, `${adminToken},admin,admin,system:masters\n`, { mode: 0o600 });
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signingKey = join(folder, "service-accounts.key");
  const verifyingKey = join(folder, "service-accounts.pub");
  await writeFile(signingKey, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  await writeFile(verifyingKey, publicKey.export({ type: "spki", format: "pem" }));
  return { adminToken, tokenFile, signingKey, verifyingKey };
}

function startApiServer(
  { apiServer }: KubernetesParts,
  folder: string,
  keys: Keys,
  etcdUrl: string,
  port: number,
): Promise<Program> {
  return startProgram({
    name: "kube-apiserver",
    command: apiServer,
    args: [
      `--etcd-servers=${etcdUrl}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      `--cert-dir=${folder}`,
      // Nothing runs inside this cluster that could look for the server's address in it.
      "--endpoint-reconciler-type=none",
      "--service-cluster-ip-range=10.0.0.0/24",
      "--authorization-mode=RBAC",
      `--token-auth-file=${keys.tokenFile}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-signing-key-file=${keys.signingKey}`,
      `--service-account-key-file=${keys.verifyingKey}`,
    ],
    log: join(folder, "kube-apiserver.log"),
    readyWithinMs: READY_WITHIN_MS,
    async ready() {
      const kubeconfig = await writeKubeconfig(folder, `https://127.0.0.1:${port}`, keys.adminToken);
      await createKubernetesClient(kubeconfig).request("GET", "/readyz");
      return undefined;
    },
  });
}

function startControllerManager(
  { controllerManager }: KubernetesParts,
  folder: string,
  keys: Keys,
  kubeconfig: string,
  client: KubernetesClient,
): Promise<Program> {
  return startProgram({
    name: "kube-controller-manager",
    command: controllerManager,
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--service-account-private-key-file=${keys.signingKey}`,
      "--leader-elect=false",
      "--secure-port=0",
    ],
    log: join(folder, "kube-controller-manager.log"),
    readyWithinMs: READY_WITHIN_MS,
    async ready() {
      // It makes this one; without it no Pod of the namespace is admitted.
      const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "default" } };
      return (await client.read(account)) ? undefined : "it has not made the service account 'default' yet";
    },
  });
}

/** A kubeconfig that trusts the certificate which the server made for itself on its first start. */
async function writeKubeconfig(folder: string, server: string, token: string): Promise<string> {
  const certificate = await readFile(join(folder, "apiserver.crt"));
  const path = join(folder, "kubeconfig");
  const named = (name: string, value: object) => ({ name: "test", [name]: value });
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [named("cluster", { server, "certificate-authority-data": certificate.toString("base64") })],
    users: [named("user", { token })],
    contexts: [named("context", { cluster: "test", user: "test" })],
    "current-context": "test",
  };
  // JSON is YAML.
  await writeFile(path, JSON.stringify(config, null, 2), { mode: 0o600 });
  return path;
}
