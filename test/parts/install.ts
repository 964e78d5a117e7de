import { installActionlint } from "./actionlint.ts";
import { installKubernetes } from "./kubernetes-install.ts";
import { installPulsarBroker } from "./pulsar-install.ts";
import { installPulumi } from "./pulumi-install.ts";

const PARTS: Readonly<Record<string, () => Promise<unknown>>> = {
  pulsar: installPulsarBroker,
  kubernetes: installKubernetes,
  pulumi: installPulumi,
  actionlint: installActionlint,
};

/** Installs the named parts, or all: `node test/parts/install.ts [pulsar|kubernetes|pulumi|actionlint …]`. */
export async function installParts(names: readonly string[]): Promise<void> {
  for (const name of names.length > 0 ? names : Object.keys(PARTS)) {
    const install = PARTS[name];
    if (!install) throw new Error(`There is no part '${name}'; there are ${Object.keys(PARTS).join(", ")}`);
    await install();
  }
}

if (import.meta.main) await installParts(process.argv.slice(2));
