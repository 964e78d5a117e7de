import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Authority, Identity } from "./node-certificates.ts";
import { imageLayer, writeImage } from "./oci-image.ts";
import { runTool } from "./run-tool.ts";

/*
 * Settings of what a node runs, each in its own program's format.
 */

/** Where pods ask for names: that of the cache that clusters have on each node. */
export const DNS_ADDRESS = "169.254.20.10";

const DNS_ZONE = "cluster.local";

/** Of the pods. */
export const POD_ADDRESSES = "172.31.1.0/24";

const PAUSE = "localhost/pause:1";

/** Who asks the API server: by a token, or by a certificate. */
type User = { readonly token: string } | { readonly certificate: Buffer; readonly key: Buffer };

export function kubeconfig(server: string, authority: Buffer, user: User): string {
  const credentials =
    "token" in user
      ? user
      : {
          "client-certificate-data": user.certificate.toString("base64"),
          "client-key-data": user.key.toString("base64"),
        };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": authority.toString("base64") } }],
    users: [{ name: "test", user: credentials }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  };
  // JSON is YAML.
  return JSON.stringify(config, null, 2);
}

export function containerdSettings(home: string, cni: string): string {
  return `version = 2
root = "${join(home, "root")}"
state = "${join(home, "state")}"
oom_score = 0
[grpc]
  address = "${join(home, "containerd.sock")}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${cni}"
`;
}

/** Pods' network: a bridge. What policies say is up to `node-network.ts`. */
export function cniSettings(): string {
  return JSON.stringify({
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipMasq: false,
        ipam: { type: "host-local", ranges: [[{ subnet: POD_ADDRESSES }]], routes: [{ dst: "0.0.0.0/0" }] },
      },
    ],
  });
}

/** In CoreDNS's own format. */
export function dnsSettings(kubeconfig: string): string {
  return `.:53 {
  bind ${DNS_ADDRESS}
  errors
  kubernetes ${DNS_ZONE} {
    kubeconfig ${kubeconfig}
    ttl 1
  }
}
`;
}

export interface KubeletFiles {
  /** Of containerd. */
  readonly socket: string;
  readonly authority: Authority;
  readonly identity: Identity;
  /** The folder of containers' logs. */
  readonly logs: string;
}

export function kubeletSettings({ socket, authority, identity, logs }: KubeletFiles): string {
  return JSON.stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    failCgroupV1: false,
    cgroupDriver: "cgroupfs",
    containerRuntimeEndpoint: `unix://${socket}`,
    failSwapOn: false,
    localStorageCapacityIsolation: false,
    makeIPTablesUtilChains: false,
    resolvConf: "",
    clusterDNS: [DNS_ADDRESS],
    clusterDomain: DNS_ZONE,
    podLogsDir: logs,
    address: "127.0.0.1",
    authentication: { x509: { clientCAFile: authority.certificate }, anonymous: { enabled: false } },
    authorization: { mode: "AlwaysAllow" },
    tlsCertFile: identity.certificate,
    tlsPrivateKeyFile: identity.key,
    // A test's node is small, and its disk is everybody's.
    evictionHard: { "memory.available": "1Mi", "nodefs.available": "0%", "imagefs.available": "0%" },
    maxPods: 60,
  });
}

/** What holds a pod's namespaces: one process that waits. */
export async function writePauseImage(archive: string, folder: string): Promise<void> {
  const root = join(folder, "pause");
  await mkdir(root);
  const source = join(folder, "pause.c");
  await writeFile(source, "int pause(void);\nint main(void) { for (;;) pause(); }\n");
  await runTool("cc", ["-static", "-o", join(root, "pause"), source], {
    cwd: folder,
    log: `${archive}.log`,
    patient: false,
  });
  const layer = await imageLayer(root, join(folder, "pause-layer.tar"));
  await writeImage(archive, PAUSE, [layer], { entrypoint: ["/pause"] });
}

/** As programs written in Go take them. */
export function flags(values: Readonly<Record<string, string | number | boolean>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
