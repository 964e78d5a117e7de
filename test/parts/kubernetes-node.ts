import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installKeda } from "./keda.ts";
import { createKubernetesClient, type KubernetesClient } from "./kubernetes-client.ts";
import {
  installKubernetes,
  installKubernetesNode,
  type KubernetesParts,
  type NodeParts,
} from "./kubernetes-install.ts";
import { defineKinds } from "./kubernetes-kinds.ts";
import { createAuthority } from "./node-certificates.ts";
import { createNodeNamespace, NODE_ADDRESS, type NodeNamespace, type Run } from "./node-namespace.ts";
import { startNetwork } from "./node-network.ts";
import { installNodeNetwork } from "./node-network-install.ts";
import {
  cniSettings,
  containerdSettings,
  flags,
  kubeconfig,
  kubeletSettings,
  writePauseImage,
} from "./node-settings.ts";
import { runTool } from "./run-tool.ts";

const READY_WITHIN_MS = 180_000;
const API_PORT = 6443;

/** A cluster of one node, on which containers run. */
export interface KubernetesNode {
  /** As the administrator. */
  readonly client: KubernetesClient;
  /** The path of a kubeconfig file for the administrator, as the machine reaches the API. */
  readonly kubeconfig: string;
  readonly namespace: NodeNamespace;
  /** The same, as programs in the node's network reach the API. */
  readonly innerKubeconfig: string;
  /** For logs and settings of what runs on it. */
  readonly folder: string;
  /** Makes an image known to the node; pods take it with `imagePullPolicy: IfNotPresent`. */
  importImage(archive: string): Promise<void>;
  /** Runs kubectl as the administrator; throws what it prints where it fails. */
  kubectl(...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Starts etcd, the API server, its controllers and scheduler, containerd, kubelet and KEDA, in namespaces of their own. */
export async function startKubernetesNode(): Promise<KubernetesNode> {
  const [parts, nodeParts] = [await installKubernetes(), await installKubernetesNode()];
  const networkParts = await installNodeNetwork();
  const folder = await mkdtemp(join(tmpdir(), "fivefold-node-"));
  const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const namespace = await createNodeNamespace(folder);
    stops.push(namespace.stop);
    const run = async (
      name: string,
      command: string,
      args: readonly string[],
      ready: () => Promise<string | undefined>,
    ) => {
      const log = join(folder, `${name}.log`);
      const program = await namespace.start({ name, command, args, log, readyWithinMs: READY_WITHIN_MS, ready });
      stops.push(program.stop);
      return program;
    };
    const node = await startControlPlane({ parts, nodeParts, folder, namespace, run });
    const { client } = node;
    await startNode({ nodeParts, folder, run, ...node });
    await startNetwork({ ...node, nodeParts, networkParts, folder, namespace, run });
    await defineKinds(parts.customKinds, client);
    await installKeda({ ...node, nodeParts, folder, run });

    const socket = join(folder, "containerd", "containerd.sock");
    const importImage = (archive: string) =>
      runTool("ctr", ["-a", socket, "-n", "k8s.io", "images", "import", archive], {
        cwd: folder,
        log: join(folder, "ctr.log"),
        patient: false,
      });
    const kubectl = async (...args: readonly string[]) => {
      const [output, log] = [join(folder, "kubectl.out"), join(folder, "kubectl.log")];
      await rm(log, { force: true });
      const env = { KUBECONFIG: node.kubeconfig };
      await runTool(nodeParts.kubectl, args, { cwd: folder, log, output, env, patient: false }).catch(async (cause) => {
        throw new Error(`${(cause as Error).message}: ${await readFile(log, "utf8")}`, { cause });
      });
      return readFile(output, "utf8");
    };
    return { ...node, namespace, folder, importImage, kubectl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Surroundings {
  readonly parts: KubernetesParts;
  readonly nodeParts: NodeParts;
  readonly folder: string;
  readonly namespace: NodeNamespace;
  readonly run: Run;
}

const STARTED = async () => undefined;

async function startControlPlane({ parts, nodeParts, folder, namespace, run }: Surroundings) {
  const authority = await createAuthority(folder, "cluster");
  const server = await authority.issue(
    "apiserver",
    "/CN=kube-apiserver",
    `DNS:localhost,IP:127.0.0.1,IP:${NODE_ADDRESS},IP:10.0.0.1`,
  );
  const kubeletClient = await authority.issue("kubelet-client", "/O=system:masters/CN=kube-apiserver");
  const frontProxy = await authority.issue("front-proxy", "/CN=front-proxy");
  const kubelet = await authority.issue(
    "kubelet",
    "/O=system:nodes/CN=system:node:localhost",
    "DNS:localhost,IP:127.0.0.1",
  );
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const [signing, verifying, tokens] = ["accounts.key", "accounts.pub", "tokens.csv"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await writeFile(signing, privateKey.export({ type: "pkcs8", format: "pem" }));
  await writeFile(verifying, publicKey.export({ type: "spki", format: "pem" }));
  const token = randomBytes(24).toString("hex");
  await writeFile(tokens, `${token},admin,admin,system:masters\n`);

  await run("etcd", parts.etcd, [`--data-dir=${join(folder, "etcd")}`, "--unsafe-no-fsync"], STARTED);
  const port = await namespace.expose(API_PORT);
  const authorityPem = await readFile(authority.certificate);
  const writeConfig = async (name: string, url: string) => {
    const path = join(folder, name);
    await writeFile(path, kubeconfig(url, authorityPem, { token }));
    return path;
  };
  const outer = await writeConfig("kubeconfig", `https://127.0.0.1:${port}`);
  const inner = await writeConfig("kubeconfig-inside", `https://127.0.0.1:${API_PORT}`);
  const client = createKubernetesClient(outer);
  const apiArgs = {
    "etcd-servers": "http://127.0.0.1:2379",
    "bind-address": "127.0.0.1",
    "secure-port": API_PORT,
    "advertise-address": NODE_ADDRESS,
    "service-cluster-ip-range": "10.0.0.0/24",
    "authorization-mode": "Node,RBAC",
    "token-auth-file": tokens,
    "client-ca-file": authority.certificate,
    "tls-cert-file": server.certificate,
    "tls-private-key-file": server.key,
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-signing-key-file": signing,
    "service-account-key-file": verifying,
    "kubelet-client-certificate": kubeletClient.certificate,
    "kubelet-client-key": kubeletClient.key,
    "kubelet-certificate-authority": authority.certificate,
    "kubelet-preferred-address-types": "Hostname",
    "requestheader-client-ca-file": authority.certificate,
    "requestheader-allowed-names": "front-proxy",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-username-headers": "X-Remote-User",
    "proxy-client-cert-file": frontProxy.certificate,
    "proxy-client-key-file": frontProxy.key,
  };
  await run("kube-apiserver", parts.apiServer, flags(apiArgs), async () => {
    await client.request("GET", "/readyz");
    return undefined;
  });
  const controllerArgs = {
    kubeconfig: inner,
    "service-account-private-key-file": signing,
    "root-ca-file": authority.certificate,
    "leader-elect": false,
    "secure-port": 0,
    // Else a test would wait five minutes for a replica to go.
    "horizontal-pod-autoscaler-sync-period": "2s",
    "horizontal-pod-autoscaler-downscale-stabilization": "10s",
    "horizontal-pod-autoscaler-initial-readiness-delay": "1s",
  };
  await run("kube-controller-manager", parts.controllerManager, flags(controllerArgs), async () => {
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "default" } };
    return (await client.read(account)) ? undefined : "it has not made the service account 'default' yet";
  });
  await run(
    "kube-scheduler",
    nodeParts.scheduler,
    flags({ kubeconfig: inner, "leader-elect": false, "secure-port": 0 }),
    STARTED,
  );
  return { client, kubeconfig: outer, innerKubeconfig: inner, authority, kubelet };
}

type ControlPlane = Awaited<ReturnType<typeof startControlPlane>>;

async function startNode({
  nodeParts,
  folder,
  run,
  client,
  authority,
  kubelet,
}: Pick<Surroundings, "nodeParts" | "folder" | "run"> & ControlPlane): Promise<void> {
  const home = join(folder, "containerd");
  const cni = join(folder, "cni");
  for (const path of [home, cni, join(folder, "kubelet"), join(folder, "pods")]) await mkdir(path);
  await writeFile(join(cni, "10-bridge.conflist"), cniSettings());
  await writeFile(join(home, "config.toml"), containerdSettings(home, cni));
  const socket = join(home, "containerd.sock");
  await run("containerd", "containerd", ["-c", join(home, "config.toml")], async () =>
    existsSync(socket) ? undefined : "its socket is not there yet",
  );
  const pause = join(folder, "pause.tar");
  await writePauseImage(pause, folder);
  await runTool("ctr", ["-a", socket, "-n", "k8s.io", "images", "import", pause], {
    cwd: folder,
    log: join(folder, "ctr.log"),
    patient: false,
    attempts: 5,
  });

  const [settings, config] = [join(folder, "kubelet.yaml"), join(folder, "kubelet.kubeconfig")];
  await writeFile(settings, kubeletSettings({ socket, authority, identity: kubelet, logs: join(folder, "pods") }));
  const own = { certificate: await readFile(kubelet.certificate), key: await readFile(kubelet.key) };
  await writeFile(config, kubeconfig(`https://127.0.0.1:${API_PORT}`, await readFile(authority.certificate), own));
  const args = {
    config: settings,
    kubeconfig: config,
    // On loopback, so that logs and exec work without any other name for the node.
    "hostname-override": "localhost",
    "node-ip": NODE_ADDRESS,
    "root-dir": join(folder, "kubelet"),
    "cert-dir": folder,
  };
  await run("kubelet", nodeParts.kubelet, flags(args), async () => {
    const nodes = await client.list("v1", "Node");
    const { conditions = [] } = (nodes[0]?.status ?? {}) as {
      conditions?: { type: string; status: string; message: string }[];
    };
    const ready = conditions.find(({ type }) => type === "Ready");
    return ready?.status === "True" ? undefined : (ready?.message ?? "the node has not registered yet");
  });
}
