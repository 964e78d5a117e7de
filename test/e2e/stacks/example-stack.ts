import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ConfigMap, Stack } from "@pulumi/pulumi/automation/index.js";
import { SECRETS } from "../../../stacks/config-keys.ts";
import { type KubernetesApi, startKubernetesApi } from "../../parts/kubernetes-api.ts";
import { type PulsarBroker, type PulsarBrokerOptions, startPulsarBroker } from "../../parts/pulsar-broker.ts";
import { createPulumiCli } from "../../parts/pulumi-cli.ts";
import { createStackProject, type StackProject } from "./stack-project.ts";

const EXAMPLES = resolve(import.meta.dirname, "../../../usecases");

/** The modules of the repository's own example use cases, by name. */
export const EXAMPLE_MODULES: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(EXAMPLES).map((file) => [basename(file, ".ts"), readFileSync(join(EXAMPLES, file), "utf8")]),
);

export interface ExampleStackOptions {
  /** Of the project and the stack: two tests at once need two. */
  readonly name: string;
  readonly broker?: PulsarBrokerOptions;
  /** The project's use cases, by name. Default: the repository's own examples. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Whether executors are deployed, on an API server of its own. */
  readonly kubernetes: boolean;
  /** Below `fivefold:`, over what the parts need. */
  readonly config?: (broker: PulsarBroker) => Readonly<Record<string, unknown>>;
}

/** The example use cases, provisioned by the real CLI on real parts. */
export interface ExampleStack {
  readonly broker: PulsarBroker;
  readonly kubernetes: KubernetesApi | undefined;
  readonly project: StackProject;
  readonly stack: Stack;
  /** Sets keys below `fivefold:`; `undefined` removes one. */
  configure(settings: Readonly<Record<string, unknown>>): Promise<void>;
  /** The stack's state as Pulumi stores it, with its secrets encrypted. */
  state(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts all parts, and builds the project; nothing is deployed yet. */
export async function startExampleStack(options: ExampleStackOptions): Promise<ExampleStack> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const broker = await startPulsarBroker(options.broker);
    stops.push(broker.stop);
    const kubernetes = options.kubernetes ? await startKubernetesApi() : undefined;
    if (kubernetes) stops.push(kubernetes.stop);
    const pulumi = await createPulumiCli(kubernetes ? { kubeconfig: kubernetes.kubeconfig } : {});
    stops.push(pulumi.remove);
    const project = await createStackProject(options.name, pulumi);
    stops.push(project.remove);
    await project.build(options.modules ?? EXAMPLE_MODULES);
    const stack = await project.stack("test", configOf(partsConfig(broker, kubernetes !== undefined)));

    const configure: ExampleStack["configure"] = async (settings) => {
      const absent = Object.keys(settings).filter((key) => settings[key] === undefined);
      if (absent.length > 0) await stack.removeAllConfig(absent.map((key) => `fivefold:${key}`));
      await stack.setAllConfig(configOf(settings));
    };
    await configure(options.config?.(broker) ?? {});
    const { name } = await stack.workspace.projectSettings();
    const stateFile = join(fileURLToPath(pulumi.backendUrl), ".pulumi/stacks", name, `${stack.name}.json`);
    return { broker, kubernetes, project, stack, configure, state: () => readFile(stateFile, "utf8"), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function partsConfig(broker: PulsarBroker, kubernetes: boolean): Readonly<Record<string, unknown>> {
  return {
    pulsarAdminUrl: broker.adminUrl,
    ...(broker.adminToken === undefined ? {} : { pulsarAdminToken: broker.adminToken }),
    tenant: "shop",
    namespace: "test",
    clusters: [broker.clusterName],
    ...(kubernetes
      ? {
          kubernetesNamespace: "shop-test",
          image: "registry.example/shop:1",
          pulsarUrl: broker.serviceUrl,
          postgresUrl: "postgres://shop:secret@postgres.shop.svc:5432/shop",
          prometheusUrl: "http://prometheus.monitoring:9090",
        }
      : {}),
  };
}

/** As `pulumi config set` would write it: lists and objects as JSON. */
function configOf(settings: Readonly<Record<string, unknown>>): ConfigMap {
  const set = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    set.map(([key, value]) => [
      `fivefold:${key}`,
      {
        value: typeof value === "string" ? value : JSON.stringify(value),
        secret: (SECRETS as readonly string[]).includes(key),
      },
    ]),
  );
}
