import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type ConfigMap, LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation/index.js";
import { Client } from "pg";
import { type KubernetesNode, startKubernetesNode } from "../parts/kubernetes-node.ts";
import { installKubernetesProvider } from "../parts/kubernetes-provider-install.ts";
import { NODE_ADDRESS } from "../parts/node-namespace.ts";
import { startPostgres } from "../parts/postgres.ts";
import { type Prometheus, startPrometheus } from "../parts/prometheus.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { createPulumiCli } from "../parts/pulumi-cli.ts";
import { createShopProject, type ShopProject } from "./shop-project.ts";

export const NAMESPACE = "shop";

/** A project and all that it is deployed to. */
export interface DeployedShop {
  readonly project: ShopProject;
  readonly node: KubernetesNode;
  readonly prometheus: Prometheus;
  readonly broker: PulsarBroker;
  readonly stack: Stack;
  /** As the machine reaches it. */
  readonly postgresUrl: string;
  configure(settings: Readonly<Record<string, unknown>>): Promise<void>;
  /** Enqueues in a process of its own. */
  enqueue(useCase: string, count: number, workMs: number, everyMs?: number): Load;
  /** Events that a handler wrote down, each as often as it did. */
  handled(useCase: string): Promise<readonly { event_id: string; pod: string; version: string }[]>;
  stop(): Promise<void>;
}

export interface Load {
  /** Ends it. Resolves with all that was accepted, once the process has ended. */
  end(): Promise<readonly string[]>;
  /** Resolves with all that was accepted, once all is enqueued. */
  done(): Promise<readonly string[]>;
}

export interface ShopOptions {
  /** The project's modules by their paths. */
  readonly files: Readonly<Record<string, string>>;
  /** Of the stack, over those of every test. `postgresUrl`: as pods reach it. */
  settings(postgresUrl: string): Readonly<Record<string, unknown>>;
  /** Makes what the settings name. */
  prepare?(postgres: Client): Promise<unknown>;
}

/** Starts all parts; nothing is deployed yet. */
export async function startShop({ files, settings, prepare }: ShopOptions): Promise<DeployedShop> {
  const stops: (() => unknown)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const provider = await installKubernetesProvider();
    const broker = await startPulsarBroker();
    stops.push(broker.stop);
    const postgres = await startPostgres();
    stops.push(postgres.stop);
    const node = await startKubernetesNode();
    stops.push(node.stop);
    const prometheus = await startPrometheus(node);
    stops.push(prometheus.stop);
    await node.namespace.admit(Number(new URL(broker.adminUrl).port), 8_080);
    await node.namespace.admit(Number(new URL(postgres.connectionString).port), 5_432);

    const history = new Client({ connectionString: postgres.connectionString });
    await history.connect();
    stops.push(() => history.end());
    await history.query("CREATE TABLE handled (use_case text, event_id text, pod text, version text)");
    await prepare?.(history);

    const project = createShopProject();
    stops.push(project.remove);
    for (const [path, text] of Object.entries(files)) project.write(path, text);
    project.run("npx", "fivefold", "build");
    project.run("npx", "fivefold", "new-stacks", "test");

    const pulumi = await createPulumiCli({ kubeconfig: node.kubeconfig, kubernetesProvider: provider });
    stops.push(pulumi.remove);
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: "test", workDir: join(project.root, "stacks") },
      { envVars: pulumi.env, pulumiCommand: await PulumiCommand.get({ root: pulumi.root }) },
    );
    const inner = new URL(postgres.connectionString);
    inner.host = `${NODE_ADDRESS}:5432`;
    const ofAll = stackSettings(broker, inner.href, prometheus.url);
    await stack.setAllConfig(configOf({ ...ofAll, ...settings(inner.href) }));

    const env = {
      ...process.env,
      FIVEFOLD_PULSAR_URL: broker.adminUrl,
      FIVEFOLD_PULSAR_NAMESPACE: "shop/test",
      FIVEFOLD_POSTGRES_URL: postgres.connectionString,
    };
    return {
      project,
      node,
      prometheus,
      broker,
      stack,
      postgresUrl: postgres.connectionString,
      configure: (settings) => stack.setAllConfig(configOf(settings)),
      enqueue(...args) {
        const child = spawn(process.execPath, ["enqueue.ts", ...args.map(String)], { cwd: project.root, env });
        return loadOf(child);
      },
      async handled(useCase) {
        const { rows } = await history.query("SELECT event_id, pod, version FROM handled WHERE use_case = $1", [
          useCase,
        ]);
        return rows;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function loadOf(child: ChildProcess): Load {
  let [printed, complained] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complained += text;
  });
  const closed = once(child, "close");
  const done = async () => {
    await closed;
    if (child.exitCode !== 0) throw new Error(`enqueueing ended with ${child.exitCode}: ${complained}`);
    return printed.split("\n").filter((line) => line !== "");
  };
  return {
    done,
    end() {
      child.kill("SIGTERM");
      return done();
    },
  };
}

function stackSettings(broker: PulsarBroker, postgresUrl: string, prometheusUrl: string) {
  return {
    pulsarAdminUrl: broker.adminUrl,
    tenant: "shop",
    namespace: "test",
    clusters: [broker.clusterName],
    kubernetesNamespace: NAMESPACE,
    image: "localhost/shop:1",
    pulsarUrl: `http://${NODE_ADDRESS}:8080`,
    pulsarWebUrl: `http://${NODE_ADDRESS}:8080`,
    postgresUrl,
    prometheusUrl,
    secretEnv: { "*": { HISTORY_URL: postgresUrl } },
    rolloutWithin: "60s",
    defaults: { env: { VERSION: "1" }, cpu: "10m", memory: "256Mi" },
  };
}

const SECRET: readonly string[] = ["postgresUrl", "secretEnv", "gatewayTokens", "sources"];

function configOf(settings: Readonly<Record<string, unknown>>): ConfigMap {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      `fivefold:${key}`,
      { value: typeof value === "string" ? value : JSON.stringify(value), secret: SECRET.includes(key) },
    ]),
  );
}
