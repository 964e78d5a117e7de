import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesNode } from "./kubernetes-node.ts";
import type { Program } from "./program.ts";

const PORT = 9090;

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
  await writeFile(config, settings(node.innerKubeconfig));
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
  let program: Program = await start();
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
    stop: () => program.stop(),
  };
}

function settings(kubeconfig: string): string {
  const relabel = (source: string, target: string) => ({ source_labels: [source], target_label: target });
  return JSON.stringify({
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    scrape_configs: [
      {
        job_name: "pods",
        kubernetes_sd_configs: [{ role: "pod", kubeconfig_file: kubeconfig }],
        relabel_configs: [
          { source_labels: ["__meta_kubernetes_pod_container_port_name"], regex: "metrics", action: "keep" },
          {
            source_labels: ["__meta_kubernetes_pod_label_app_kubernetes_io_component"],
            regex: "executor|backlog-exporter",
            action: "keep",
          },
          relabel("__meta_kubernetes_namespace", "namespace"),
          relabel("__meta_kubernetes_pod_name", "pod"),
        ],
      },
    ],
  });
}
