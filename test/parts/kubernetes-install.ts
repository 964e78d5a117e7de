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
  async build(folder, log) {
    const version = "k8s.io/component-base/version";
    const [major, minor] = VERSION.split(".") as [string, string];
    await buildGoPrograms({
      folder,
      log,
      programs: {
        etcd: `go.etcd.io/etcd/server/v3@v${ETCD_VERSION}`,
        "kube-apiserver": `k8s.io/kubernetes/cmd/kube-apiserver@v${VERSION}`,
        "kube-controller-manager": `k8s.io/kubernetes/cmd/kube-controller-manager@v${VERSION}`,
      },
      replace: await stagingModules(folder, log),
      // What the server tells of its version; without it, it calls itself v0.0.0.
      define: {
        [`${version}.gitVersion`]: `v${VERSION}`,
        [`${version}.gitMajor`]: major,
        [`${version}.gitMinor`]: minor,
      },
    });
  },
};

/** `k8s.io/kubernetes` holds the sources of its own libraries, whose published versions count from 0 in place of 1. */
async function stagingModules(folder: string, log: string): Promise<string[]> {
  const { GoMod } = await downloadGoModule(`k8s.io/kubernetes@v${VERSION}`, folder, log);
  const published = VERSION.replace(/^1\./, "0.");
  const required = await readFile(GoMod, "utf8");
  return Array.from(required.matchAll(/^\s*(k8s\.io\/\S+) v0\.0\.0$/gm), ([, name]) => `${name}=${name}@v${published}`);
}

const KEDA: Part = {
  name: "keda-crds",
  version: KEDA_VERSION,
  takes: "10 seconds",
  async build(folder, log) {
    const { Dir } = await downloadGoModule(`github.com/kedacore/keda/v2@v${KEDA_VERSION}`, folder, log);
    await cp(join(Dir, "config", "crd", "bases"), join(folder, "crds"), { recursive: true });
  },
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
