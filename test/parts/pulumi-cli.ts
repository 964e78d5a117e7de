import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { installPulumi } from "./pulumi-install.ts";

const KUBERNETES_PROVIDER = fileURLToPath(new URL("./pulumi-resource-kubernetes.ts", import.meta.url));

export interface PulumiCli {
  /**
   * The whole environment for the CLI and for programs of the Automation API: its PATH finds the CLI, the Node.js
   * language host, the provider of dynamic resources and the stand-in for the Kubernetes provider.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Holds `bin/pulumi`, as `PulumiCommand.get({ root })` of the Automation API takes it. */
  readonly root: string;
  /** Holds the states of all stacks, in files. */
  readonly backendUrl: string;
  /** Removes the states. */
  remove(): Promise<void>;
}

export interface PulumiCliOptions {
  /** A kubeconfig file, which is all that the stand-in for the Kubernetes provider reads of where the server is. */
  readonly kubeconfig?: string;
  /** The program of Pulumi's own Kubernetes provider, in place of the stand-in. */
  readonly kubernetesProvider?: string;
  /** What secrets are encrypted with. Default: a new one, so that no stack of another backend can be opened. */
  readonly passphrase?: string;
}

/** Builds Pulumi's CLI where it is missing, and gives it a backend of its own, in a new folder. */
export async function createPulumiCli(options: PulumiCliOptions = {}): Promise<PulumiCli> {
  const { kubeconfig, passphrase = randomBytes(12).toString("hex") } = options;
  const { cli, languageHost } = await installPulumi();
  const folder = await mkdtemp(join(tmpdir(), "fivefold-pulumi-"));
  const [bin, backend, home] = ["bin", "backend", "home"].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [bin, backend, home]) await mkdir(path);
  await symlink(cli, join(bin, "pulumi"));
  await writePlugins(bin, languageHost);
  const plugin = join(bin, "pulumi-resource-kubernetes");
  if (options.kubernetesProvider) await symlink(options.kubernetesProvider, plugin);
  else await writeScript(plugin, process.execPath, KUBERNETES_PROVIDER);
  const backendUrl = pathToFileURL(backend).href;
  return {
    root: folder,
    backendUrl,
    env: {
      ...definedEnvironment(),
      // The same Node.js for all that Pulumi starts as for this process.
      PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter),
      PULUMI_HOME: home,
      PULUMI_BACKEND_URL: backendUrl,
      PULUMI_CONFIG_PASSPHRASE: passphrase,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Pulumi runs whatever is on the PATH under a plugin's name. */
async function writePlugins(folder: string, languageHost: string): Promise<void> {
  // This host is too old to read the option of Pulumi.yaml. Node.js runs TypeScript by itself.
  await writeScript(join(folder, "pulumi-language-nodejs"), languageHost, "-typescript=false");
  const dynamic = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/dynamic-provider");
  await writeScript(join(folder, "pulumi-resource-pulumi-nodejs"), process.execPath, dynamic);
}

async function writeScript(path: string, program: string, argument: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\nexec '${program}' '${argument}' "$@"\n`);
  await chmod(path, 0o755);
}

function definedEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  // A developer's own stacks and clusters are none of a test's business.
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith("PULUMI_") && name !== "KUBECONFIG"));
}
