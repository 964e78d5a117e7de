import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesClient } from "../../parts/kubernetes-client.ts";

const CLI = resolve(import.meta.dirname, "../../../cli/main.js");
const READY_WITHIN_MS = 60_000;
const ENDED_WITHIN_MS = 40_000;

interface Source {
  readonly configMapKeyRef?: { readonly name: string; readonly key: string };
  readonly secretKeyRef?: { readonly name: string; readonly key: string };
}

interface PodSpec {
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly env: readonly { readonly name: string; readonly valueFrom: Source }[];
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
}

/** What a Deployment's container runs, as a process with the arguments, variables and files that the API server has for it. */
export interface DeployedProcess {
  readonly log: () => string;
  /** Ends it as Kubernetes would. Throws where it did not end well. */
  stop(): Promise<void>;
}

/** Runs it; resolves once it says what it does. No scheduler and no kubelet is needed. */
export async function runDeployed(
  client: KubernetesClient,
  namespace: string,
  name: string,
  root: string,
): Promise<DeployedProcess> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-deployed-"));
  const read = async (kind: string, name: string, apiVersion = "v1") => {
    const found = await client.read({ apiVersion, kind, metadata: { name, namespace } });
    if (!found) throw new Error(`There is no ${kind} ${name}.`);
    return found;
  };
  const secretOf = async (name: string) => {
    const { data = {} } = (await read("Secret", name)) as { data?: Record<string, string> };
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
    );
  };
  const { spec } = (await read("Deployment", name, "apps/v1")) as { spec?: { template: { spec: PodSpec } } };
  const pod = spec!.template.spec;
  const [container] = pod.containers;
  const env: Record<string, string> = {};
  for (const { name, valueFrom } of container!.env) {
    const { configMapKeyRef: map, secretKeyRef: secret } = valueFrom;
    const values = map ? ((await read("ConfigMap", map.name)) as { data?: object }).data : await secretOf(secret!.name);
    env[name] = (values as Record<string, string>)[(map ?? secret)!.key]!;
  }
  // Files of secrets lie in a folder of this process's own: what names their places is told the other ones.
  const moved = (text: string) => text.replaceAll("/var/run/fivefold", folder);
  for (const { name, mountPath } of container!.volumeMounts) {
    const secretName = pod.volumes.find((volume) => volume.name === name)?.secret?.secretName;
    if (secretName === undefined) continue;
    const target = moved(mountPath);
    await mkdir(target, { recursive: true });
    for (const [key, value] of Object.entries(await secretOf(secretName))) await writeFile(join(target, key), value);
  }
  const own = ["--root", root, "--metrics-port", "0", ...(container!.args[0] === "gateway" ? ["--port", "0"] : [])];
  const child = spawn(process.execPath, [CLI, ...container!.args.map(moved), ...own], {
    env: {
      PATH: process.env.PATH,
      ...Object.fromEntries(Object.entries(env).map(([key, text]) => [key, moved(text)])),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (log += chunk));
  const exited = once(child, "exit") as Promise<[number | null]>;
  const fail = (what: string): never => {
    child.kill("SIGKILL");
    throw new Error(`${name} ${what}:\n${log}`);
  };
  const endsAt = performance.now() + READY_WITHIN_MS;
  while (!log.includes("metrics on port")) {
    if (child.exitCode !== null) fail(`ended with ${child.exitCode}`);
    if (performance.now() > endsAt) fail(`is not ready after ${READY_WITHIN_MS} ms`);
    await sleep(100);
  }
  return {
    log: () => log,
    async stop() {
      child.kill("SIGTERM");
      const ended = await Promise.race([exited, sleep(ENDED_WITHIN_MS, undefined, { ref: false })]);
      if (ended?.[0] !== 0) fail(ended ? `ended with ${ended[0]}` : `has not ended after ${ENDED_WITHIN_MS} ms`);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
