import { installActionlint } from "./actionlint.ts";
import { installChromium } from "./chromium.ts";
import { installKubernetes, installKubernetesNode } from "./kubernetes-install.ts";
import { installKubernetesProvider } from "./kubernetes-provider-install.ts";
import { installLambdaEmulator } from "./lambda-emulator.ts";
import { installNodeNetwork } from "./node-network-install.ts";
import { installOtelCollector } from "./otel-collector.ts";
import { installPulsarClasses } from "./pulsar-classes.ts";
import { installPulumi } from "./pulumi-install.ts";

const PARTS: Readonly<Record<string, () => Promise<unknown>>> = {
  pulsar: installPulsarClasses,
  kubernetes: installKubernetes,
  pulumi: installPulumi,
  "pulumi-kubernetes": installKubernetesProvider,
  actionlint: installActionlint,
  lambda: installLambdaEmulator,
  collector: installOtelCollector,
  chromium: async () => installChromium(),
};

/** Of `npm run test:e2e:node` alone: half an hour more. */
const NODE_PARTS: typeof PARTS = {
  node: async () => [await installKubernetesNode(), await installNodeNetwork()],
};

/** Installs the named parts, or all but a node's: `node test/parts/install.ts [pulsar|kubernetes|node|…]`. */
export async function installParts(names: readonly string[]): Promise<void> {
  const known = { ...PARTS, ...NODE_PARTS };
  for (const name of names.length > 0 ? names : Object.keys(PARTS)) {
    const install = known[name];
    if (!install) throw new Error(`There is no part '${name}'; there are ${Object.keys(known).join(", ")}`);
    await install();
  }
}

if (import.meta.main) await installParts(process.argv.slice(2));
