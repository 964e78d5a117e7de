import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { Executor } from "../../stacks/components/executor.ts";
import { readManifest } from "../../stacks/manifest.ts";
import { USE_CASE_DEFAULTS } from "../../stacks/use-case-config.ts";
import { createProject, startCommand } from "../cli/project.ts";
import { installParts } from "../parts/install.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { startPostgres } from "../parts/postgres.ts";
import { startPulsarBroker } from "../parts/pulsar-broker.ts";
import { only, plainInputs, type RecordedResource, recordProgram } from "../stacks/recorded-program.ts";

/*
 * What an Executor's container would be given, given to a process: its arguments, its variables and nothing else, the
 * files that are mounted, and what `fivefold stage` puts into the image.
 */

beforeAll(() => installParts(["pulsar"]), INSTALL_TIMEOUT_MS);

const NOTE = `import { appendFileSync } from "node:fs";
import { useCase } from "fivefold";
export interface NoteTaken { text: string }
export default useCase<NoteTaken>({
  owner: "team-a",
  handler: async ({ text }) => appendFileSync(process.env.BOOK ?? "", text),
});
`;

const ENQUEUE = `import { connect } from "fivefold/runtime";
import { takeNote } from "./generated/take-note/client.ts";
const connection = await connect();
await takeNote.enqueue({ text: "noted" });
await connection.close();
`;

interface Reference {
  readonly name: string;
  readonly key: string;
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly {
    readonly name: string;
    readonly valueFrom: { readonly configMapKeyRef?: Reference; readonly secretKeyRef?: Reference };
  }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly readinessProbe: { readonly httpGet: { readonly path: string } };
}

interface PodSpec {
  readonly containers: readonly [Container];
  readonly volumes: readonly {
    readonly name: string;
    readonly secret?: { readonly items: readonly { readonly key: string; readonly path: string }[] };
  }[];
}

test("an executor's container has all that it needs to work, and drains at SIGTERM", async () => {
  const broker = await startPulsarBroker({ auth: "token" });
  onTestFinished(() => broker.stop());
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const project = await createProject({
    "package.json": '{ "type": "module" }',
    "usecases/take-note.ts": NOTE,
    "enqueue.ts": ENQUEUE,
  });
  expect(await project.fivefold("build")).toMatchObject({ code: 0 });
  const image = await emptyFolder();
  expect(await project.fivefold("stage", image)).toMatchObject({ code: 0 });

  const book = join(await emptyFolder(), "book.txt");
  const resources = await recordProgram(() => {
    const [useCase] = readManifest(project.root);
    const config = { ...USE_CASE_DEFAULTS, env: { BOOK: book }, drainMs: 5_000 };
    const services = {
      pulsarUrl: broker.adminUrl,
      pulsarAdminUrl: broker.adminUrl,
      pulsarNamespace: "public/default",
      postgresUrl: postgres.connectionString,
      postgresPort: 5_432,
    };
    const home = { namespace: "shop", imagePullSecrets: [], monitoringNamespace: "monitoring", services };
    new Executor("note", { useCase: useCase!, config, home, image: "shop:1", pulsarToken: broker.adminToken });
  });
  const pod = (plainInputs(only(resources, "Deployment")).spec as { template: { spec: PodSpec } }).template.spec;
  const [container] = pod.containers;
  const env = await environmentOf(pod, resources);

  const entry = join(image, "node_modules/fivefold/cli/main.js");
  const args = [entry, ...container.args, "--metrics-port", "0"];
  const started = startCommand(process.execPath, args, image, env);
  await started.prints("runs take-note; metrics on port ");
  const port = /on port (\d+)/.exec(started.printed.stdout)?.[1];
  const { path } = container.readinessProbe.httpGet;
  expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(200);

  const producer = startCommand(process.execPath, ["enqueue.ts"], project.root, { ...process.env, ...env });
  expect(await producer.ended()).toMatchObject({ code: 0 });
  await expect.poll(() => readFile(book, "utf8").catch(() => ""), { timeout: 30_000 }).toBe("noted");

  started.process.kill("SIGTERM");
  expect(await started.ended()).toMatchObject({ code: 0, stderr: "" });
});

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-container-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The container's variables. What is mounted is in a folder of the test's, and paths lead there. */
async function environmentOf(pod: PodSpec, resources: readonly RecordedResource[]): Promise<Record<string, string>> {
  const data = plainInputs(only(resources, "ConfigMap")).data as Record<string, string>;
  const secrets = plainInputs(only(resources, "Secret")).stringData as Record<string, string>;
  const root = await emptyFolder();
  const [container] = pod.containers;
  for (const { name, mountPath } of container.volumeMounts) {
    await mkdir(join(root, mountPath), { recursive: true });
    const items = pod.volumes.find((volume) => volume.name === name)?.secret?.items ?? [];
    for (const { key, path } of items) await writeFile(join(root, mountPath, path), secrets[key] ?? "");
  }
  const env = container.env.map(({ name, valueFrom: { configMapKeyRef, secretKeyRef } }): [string, string] => {
    const value = configMapKeyRef ? data[configMapKeyRef.key] : secrets[secretKeyRef?.key ?? ""];
    if (value === undefined) throw new Error(`${name} refers to nothing`);
    return [name, value.startsWith("/var/run/") ? join(root, value) : value];
  });
  return Object.fromEntries(env);
}
