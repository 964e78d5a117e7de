import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesClient, KubernetesObject } from "./kubernetes-client.ts";
import type { KubernetesNode } from "./kubernetes-node.ts";
import type { Program } from "./program.ts";

const PORT = 9090;
const TARGETS_POLL_MS = 500;

export interface Prometheus {
  /** As KEDA and pods reach it. */
  readonly url: string;
  /** The first value of a query; `undefined` where it has none. */
  query(expression: string): Promise<number | undefined>;
  /** Ends it, as if its pod were gone. */
  kill(): Promise<void>;
  /** Starts it again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Prometheus in the node's network, which collects every second from pods as the stack's PodMonitor would have it. */
export async function startPrometheus(node: KubernetesNode): Promise<Prometheus> {
  const config = join(node.folder, "prometheus.yml");
  const targets = join(node.folder, "targets.json");
  await writeFile(config, settings(targets));
  const endTargets = keepTargets(node.client, targets);
  const port = await node.namespace.expose(PORT);
  const url = `http://127.0.0.1:${port}`;
  const start = () =>
    node.namespace.start({
      name: "prometheus",
      command: "prometheus",
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(node.folder, "prometheus")}`,
        `--web.listen-address=127.0.0.1:${PORT}`,
      ],
      log: join(node.folder, "prometheus.log"),
      readyWithinMs: 60_000,
      async ready() {
        const { status } = await fetch(`${url}/-/ready`);
        return status === 200 ? undefined : `it answers ${status}`;
      },
    });
  let program: Program;
  try {
    program = await start();
  } catch (error) {
    await endTargets();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${PORT}`,
    async query(expression) {
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
      const value = data.result[0]?.value[1];
      return value === undefined ? undefined : Number(value);
    },
    kill: () => program.kill(),
    async restart() {
      program = await start();
    },
    async stop() {
      await endTargets();
      await program.stop();
    },
  };
}

/** What the stack's PodMonitor says. Debian's Prometheus can't ask an API server which pods there are: it reads a file. */
function settings(targets: string): string {
  return JSON.stringify({
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    scrape_configs: [{ job_name: "pods", file_sd_configs: [{ files: [targets] }] }],
  });
}

const COMPONENTS: readonly unknown[] = ["executor", "backlog-exporter"];

interface PodParts {
  readonly spec: { readonly containers: readonly { ports?: readonly { name?: string; containerPort: number }[] }[] };
  readonly status: { readonly podIP?: string; readonly phase?: string };
}

/** Pods that run and have a port for metrics. */
function targetsOf(pods: readonly KubernetesObject[]): string {
  const targets = pods.flatMap((pod) => {
    const { metadata } = pod;
    const { spec, status } = pod as unknown as PodParts;
    const labels = metadata.labels as Readonly<Record<string, string>> | undefined;
    if (!COMPONENTS.includes(labels?.["app.kubernetes.io/component"])) return [];
    if (status.podIP === undefined || status.phase !== "Running") return [];
    const ports = spec.containers.flatMap((container) => container.ports ?? []);
    return ports
      .filter(({ name }) => name === "metrics")
      .map(({ containerPort }) => ({
        targets: [`${status.podIP}:${containerPort}`],
        labels: { namespace: String(metadata.namespace), pod: metadata.name },
      }));
  });
  return JSON.stringify(targets);
}

/** Tells Prometheus twice a second which pods there are. */
function keepTargets(client: KubernetesClient, path: string): () => Promise<void> {
  let stopped = false;
  let told = "";
  const running = (async () => {
    while (!stopped) {
      const targets = await client.request("GET", "/api/v1/pods").then(
        (pods) => targetsOf((pods as { items: KubernetesObject[] }).items),
        () => told,
      );
      if (targets !== told) {
        // By a rename: a file that is half written would have no targets.
        await writeFile(`${path}.new`, targets);
        await rename(`${path}.new`, path);
        told = targets;
      }
      await sleep(TARGETS_POLL_MS);
    }
  })();
  return async () => {
    stopped = true;
    await running;
  };
}
