import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { NodeParts } from "./kubernetes-install.ts";
import type { NodeNamespace, Run } from "./node-namespace.ts";
import type { NetworkParts } from "./node-network-install.ts";
import { DNS_ADDRESS, dnsSettings, flags, POD_ADDRESSES } from "./node-settings.ts";

const QUEUE = 100;
const POLICIES_PORT = 9_080;
const PROXY_HEALTH_PORT = 10_256;

export interface NetworkSurroundings {
  readonly nodeParts: NodeParts;
  readonly networkParts: NetworkParts;
  readonly namespace: NodeNamespace;
  readonly run: Run;
  readonly folder: string;
  readonly innerKubeconfig: string;
}

/** Starts what makes Services lead to pods, what resolves their names, and what refuses connections by NetworkPolicies. */
export async function startNetwork(surroundings: NetworkSurroundings): Promise<void> {
  const { nodeParts, networkParts, folder, namespace, run, innerKubeconfig } = surroundings;
  const answers = (address: string) => async () => {
    await namespace.exec("socat", ["-u", "/dev/null", `TCP:${address}`]);
    return undefined;
  };
  const proxy = {
    kubeconfig: innerKubeconfig,
    "hostname-override": "localhost",
    "proxy-mode": "iptables",
    "cluster-cidr": POD_ADDRESSES,
    "metrics-bind-address": "127.0.0.1:10249",
    "healthz-bind-address": `127.0.0.1:${PROXY_HEALTH_PORT}`,
    // The whole machine's, not the node's to set.
    "conntrack-max-per-core": 0,
    "conntrack-tcp-timeout-established": "0s",
    "conntrack-tcp-timeout-close-wait": "0s",
  };
  await run("kube-proxy", nodeParts.proxy, flags(proxy), answers(`127.0.0.1:${PROXY_HEALTH_PORT}`));

  await namespace.exec("ip", ["address", "add", `${DNS_ADDRESS}/32`, "dev", "lo"]);
  const names = join(folder, "Corefile");
  await writeFile(names, dnsSettings(innerKubeconfig));
  await run("coredns", networkParts.dns, ["-conf", names], answers(`${DNS_ADDRESS}:53`));

  const policies = {
    "nfqueue-id": QUEUE,
    "hostname-override": "localhost",
    "metrics-bind-address": `127.0.0.1:${POLICIES_PORT}`,
    "netfilter-bug-1766-fix": false,
  };
  const args = [`KUBECONFIG=${innerKubeconfig}`, networkParts.policies, ...flags(policies)];
  await run("kube-network-policies", "env", args, answers(`127.0.0.1:${POLICIES_PORT}`));
  // By its own rules it would be asked by nftables, which not every kernel can; asked twice, it says the same.
  const rules: readonly (readonly string[])[] = [
    ["FORWARD", "-s", POD_ADDRESSES],
    ["FORWARD", "-d", POD_ADDRESSES],
    // From a pod to the node itself. What comes from the node, such as probes, is never refused.
    ["INPUT", "-s", POD_ADDRESSES],
  ];
  for (const rule of rules) {
    const asked = ["-m", "conntrack", "--ctstate", "NEW", "-j", "NFQUEUE", "--queue-num", String(QUEUE)];
    await namespace.exec("iptables", ["-w", "-t", "mangle", "-A", ...rule, ...asked]);
  }
}
