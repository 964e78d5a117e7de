import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildGoPrograms, downloadGoModule } from "./go-build.ts";
import { installPart, type Part } from "./part-cache.ts";

const VERSION = "1.36.3";
const ETCD_VERSION = "3.6.8";
const KEDA_VERSION = "2.21.0";
const PROMETHEUS_OPERATOR_VERSION = "0.85.0";

const KUBERNETES: Part = {
  name: "kubernetes-api",
  version: `${VERSION}-etcd-${ETCD_VERSION}`,
  takes: "15 minutes",
  build: (folder, log) =>
    buildKubernetes(folder, log, ["kube-apiserver", "kube-controller-manager"], {
      etcd: `go.etcd.io/etcd/server/v3@v${ETCD_VERSION}`,
    }),
};

/** What a node runs, and the command line of those who look at it. */
const NODE: Part = {
  name: "kubernetes-node",
  version: `${VERSION}-proxy`,
  takes: "15 minutes",
  build: (folder, log) => buildKubernetes(folder, log, ["kubelet", "kube-proxy", "kube-scheduler", "kubectl"]),
};

async function buildKubernetes(
  folder: string,
  log: string,
  commands: readonly string[],
  others: Readonly<Record<string, `${string}@${string}`>> = {},
): Promise<void> {
  const version = "k8s.io/component-base/version";
  const [major, minor] = VERSION.split(".") as [string, string];
  const programs = commands.map((name) => [name, `k8s.io/kubernetes/cmd/${name}@v${VERSION}`] as const);
  await buildGoPrograms({
    folder,
    log,
    programs: { ...others, ...Object.fromEntries(programs) },
    replace: await stagingModules(folder, log),
    // What they tell of their version; without it, they call themselves v0.0.0.
    define: {
      [`${version}.gitVersion`]: `v${VERSION}`,
      [`${version}.gitMajor`]: major,
      [`${version}.gitMinor`]: minor,
    },
  });
}

/** `k8s.io/kubernetes` holds the sources of its own libraries, whose published versions count from 0 in place of 1. */
async function stagingModules(folder: string, log: string): Promise<string[]> {
  const { GoMod } = await downloadGoModule(`k8s.io/kubernetes@v${VERSION}`, folder, log);
  const published = VERSION.replace(/^1\./, "0.");
  const required = await readFile(GoMod, "utf8");
  return Array.from(required.matchAll(/^\s*(k8s\.io\/\S+) v0\.0\.0$/gm), ([, name]) => `${name}=${name}@v${published}`);
}

const KEDA_MODULE = `github.com/kedacore/keda/v2@v${KEDA_VERSION}` as const;

const KEDA: Part = {
  name: "keda-crds",
  version: KEDA_VERSION,
  takes: "10 seconds",
  async build(folder, log) {
    const { Dir } = await downloadGoModule(KEDA_MODULE, folder, log);
    await cp(join(Dir, "config", "crd", "bases"), join(folder, "crds"), { recursive: true });
  },
};

const KEDA_PROGRAMS: Part = {
  name: "keda",
  version: KEDA_VERSION,
  takes: "15 minutes",
  build: (folder, log) =>
    buildGoPrograms({
      folder,
      log,
      programs: {
        "keda-operator": `github.com/kedacore/keda/v2/cmd/operator@v${KEDA_VERSION}`,
        "keda-adapter": `github.com/kedacore/keda/v2/cmd/adapter@v${KEDA_VERSION}`,
      },
    }),
};

/** The kinds of the Prometheus operator that programs here make use of; its others are a megabyte. */
const PROMETHEUS_OPERATOR: Part = {
  name: "prometheus-operator-crds",
  version: PROMETHEUS_OPERATOR_VERSION,
  takes: "10 seconds",
  async build(folder, log) {
    const module = `github.com/prometheus-operator/prometheus-operator@v${PROMETHEUS_OPERATOR_VERSION}` as const;
    const { Dir } = await downloadGoModule(module, folder, log);
    for (const kind of ["podmonitors", "prometheusrules"]) {
      const file = `monitoring.coreos.com_${kind}.yaml`;
      await cp(join(Dir, "example", "prometheus-operator-crd", file), join(folder, "crds", file));
    }
  },
};

export interface KubernetesParts {
  readonly etcd: string;
  readonly apiServer: string;
  readonly controllerManager: string;
  /** Folders of YAML files, one a kind. */
  readonly customKinds: readonly string[];
}

export interface NodeParts {
  readonly kubelet: string;
  readonly proxy: string;
  readonly scheduler: string;
  readonly kubectl: string;
  readonly kedaOperator: string;
  readonly kedaAdapter: string;
}

/** Builds what a node runs besides containerd, and KEDA. */
export async function installKubernetesNode(): Promise<NodeParts> {
  const node = await installPart(NODE);
  const keda = await installPart(KEDA_PROGRAMS);
  return {
    kubelet: join(node, "kubelet"),
    proxy: join(node, "kube-proxy"),
    scheduler: join(node, "kube-scheduler"),
    kubectl: join(node, "kubectl"),
    kedaOperator: join(keda, "keda-operator"),
    kedaAdapter: join(keda, "keda-adapter"),
  };
}

/** Builds etcd, kube-apiserver and kube-controller-manager, and takes the kinds of operators from their sources. */
export async function installKubernetes(): Promise<KubernetesParts> {
  const programs = await installPart(KUBERNETES);
  return {
    etcd: join(programs, "etcd"),
    apiServer: join(programs, "kube-apiserver"),
    controllerManager: join(programs, "kube-controller-manager"),
    customKinds: [join(await installPart(KEDA), "crds"), join(await installPart(PROMETHEUS_OPERATOR), "crds")],
  };
}
