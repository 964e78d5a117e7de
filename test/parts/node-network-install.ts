import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { downloadGoModule } from "./go-build.ts";
import { installPart, type Part } from "./part-cache.ts";
import { runTool } from "./run-tool.ts";

const POLICIES_VERSION = "0.8.0";
const DNS_VERSION = "1.12.4";

/** Decides of each new connection of a pod. Its own command line finds the API server from within a pod alone. */
const POLICIES: Part = {
  name: "kube-network-policies",
  version: POLICIES_VERSION,
  takes: "3 minutes",
  async build(folder, log) {
    const module = `sigs.k8s.io/kube-network-policies@v${POLICIES_VERSION}` as const;
    const { Dir } = await downloadGoModule(module, folder, log);
    const source = await readFile(join(Dir, "cmd", "main.go"), "utf8");
    const changed = source
      .replace("rest.InClusterConfig()", 'clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))')
      .replace('"k8s.io/client-go/rest"', '"k8s.io/client-go/tools/clientcmd"');
    await writeFile(join(folder, "main.go"), changed);
    await buildMain(folder, log, "kube-network-policies", module, Dir);
  },
};

/** CoreDNS with what a cluster's names take, and none of the clouds' own. */
const DNS_PROGRAM = `package main

import (
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
)

func main() { coremain.Run() }
`;

const DNS: Part = {
  name: "coredns",
  version: DNS_VERSION,
  takes: "3 minutes",
  async build(folder, log) {
    await writeFile(join(folder, "main.go"), DNS_PROGRAM);
    const module = `github.com/coredns/coredns@v${DNS_VERSION}` as const;
    const { Dir } = await downloadGoModule(module, folder, log);
    await buildMain(folder, log, "coredns", module, Dir);
  },
};

/** Builds the folder's own program with a module, and with the versions that this was made with. */
async function buildMain(
  folder: string,
  log: string,
  name: string,
  module: `${string}@${string}`,
  sources: string,
): Promise<void> {
  for (const file of ["go.mod", "go.sum"]) await writeFile(join(folder, file), await readFile(join(sources, file)));
  const at = { cwd: folder, log, env: { GOFLAGS: "-buildvcs=false -mod=mod" } };
  await runTool("go", ["mod", "edit", "-module", "fivefold.test/program", "-require", module], at);
  const args = ["build", "-trimpath", "-ldflags", "-s -w", "-o", join(folder, name), "."];
  await runTool("go", args, { ...at, attempts: 3 });
}

export interface NetworkParts {
  readonly policies: string;
  readonly dns: string;
}

/** Builds what enforces NetworkPolicies, and what resolves the names of Services. */
export async function installNodeNetwork(): Promise<NetworkParts> {
  return {
    policies: join(await installPart(POLICIES), "kube-network-policies"),
    dns: join(await installPart(DNS), "coredns"),
  };
}
