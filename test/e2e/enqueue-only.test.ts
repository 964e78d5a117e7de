import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { createProject, startCommand } from "../cli/project.ts";
import { copyForPacking } from "../copy-for-packing.ts";
import { installParts } from "../parts/install.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { startPostgres } from "../parts/postgres.ts";
import { startPulsarBroker } from "../parts/pulsar-broker.ts";
import { runNpm, temporaryFolder } from "./layouts/installed.ts";

/** A service that only enqueues, as README.md says: what it installs is small, has no native part, and is enough. */

const REPOSITORY = resolve(import.meta.dirname, "../..");
const MOST_KB = 15_000;
const SEND = `import { greet } from "./generated/greet/client.ts";
import { bare } from "./generated/bare/client.ts";
import { connect } from "fivefold/runtime";
const codeOf = ({ code }) => code;
if (process.argv[2] === "bare") {
  console.log(JSON.stringify(await bare.enqueue({ name: "world" })));
  console.log(await bare.enqueue({ name: "world" }, { delay: "1m" }).catch(codeOf));
  console.log(await greet.enqueue({ subject: "world", count: 3 }).catch(codeOf));
  await (await connect()).close();
  process.exit();
}
console.log(JSON.stringify(await greet.enqueue({ subject: "world", count: 3 })));
console.log(JSON.stringify(await greet.enqueue({ subject: "world", count: 3 })));
console.log(await greet.enqueue({ subject: "world", count: 4 }).catch(({ code }) => code));
await (await connect()).close();
`;

let service: string;

beforeAll(async () => {
  await installParts(["pulsar"]);
  const copy = temporaryFolder("packing");
  copyForPacking(copy);
  const runtime = join(temporaryFolder("runtime"), "fivefold-runtime");
  const packing = spawnSync(process.execPath, ["scripts/pack.ts", "runtime", runtime], { cwd: copy, encoding: "utf8" });
  expect(packing).toMatchObject({ status: 0, stderr: "" });
  runNpm(runtime, "pack");
  const [tarball = ""] = readdirSync(runtime).filter((name) => name.endsWith(".tgz"));
  service = temporaryFolder("service");
  writeFileSync(join(service, "package.json"), '{ "private": true, "type": "module" }\n');
  // As from the registry: `npm install fivefold@npm:fivefold-runtime`.
  runNpm(service, "install", "--no-audit", "--no-fund", "--prefer-offline", `fivefold@file:${join(runtime, tarball)}`);
}, INSTALL_TIMEOUT_MS);

function sizeKb(folder: string): number {
  return Number(/^\d+/.exec(spawnSync("du", ["-sk", folder], { encoding: "utf8" }).stdout));
}

test("takes at most 15 MB, without a native part or an install script, and as much as README.md says", () => {
  const modules = join(service, "node_modules");
  const size = sizeKb(modules);
  console.log(`A service that only enqueues: ${(size / 1_000).toFixed(1)} MB in node_modules`);
  expect(size).toBeLessThan(MOST_KB);
  const [, said = ""] =
    /That is (\d+\.\d) MB on the\s+disk/.exec(readFileSync(join(REPOSITORY, "README.md"), "utf8")) ?? [];
  expect(Math.abs(Number(said) - size / 1_000)).toBeLessThan(1);
  expect(readdirSync(modules, { recursive: true }).filter((path) => `${path}`.endsWith(".node"))).toEqual([]);
  const { packages } = JSON.parse(readFileSync(join(modules, ".package-lock.json"), "utf8")) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  expect(Object.keys(packages).length).toBeGreaterThan(1);
  expect(Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
});

test("enqueues to Pulsar by WebSocket and by the broker service, and to what deduplicates in PostgreSQL", async () => {
  const project = await createProject();
  await project.fivefold("new", "greet");
  const text = await project.read("usecases/greet.ts");
  const dedupe = text.replace("  delivery:", '  frontend: { dedupeBy: "subject" },\n  delivery:');
  await project.write("usecases/greet.ts", dedupe);
  const bare = 'export default useCase<{ name: string }>({ owner: "team", handler: () => {} });';
  await project.write("usecases/bare.ts", `import { useCase } from "fivefold";\n${bare}\n`);
  expect(await project.fivefold("build")).toMatchObject({ code: 0 });
  cpSync(join(project.root, "generated"), join(service, "generated"), { recursive: true });
  writeFileSync(join(service, "send.ts"), SEND);

  const broker = await startPulsarBroker();
  onTestFinished(() => broker.stop());
  const postgres = await startPostgres();
  onTestFinished(postgres.stop);
  const env = { ...process.env, FIVEFOLD_POSTGRES_URL: postgres.connectionString };
  const onPulsar = { ...env, FIVEFOLD_PULSAR_URL: broker.adminUrl, FIVEFOLD_PULSAR_NAMESPACE: "public/default" };
  const sent = await startCommand(process.execPath, ["send.ts"], service, onPulsar).ended();
  expect(sent).toMatchObject({ code: 0, stderr: "" });
  const [first = "", second = "", third] = sent.stdout.trim().split("\n");
  expect(JSON.parse(first)).toMatchObject({ duplicate: false });
  expect(JSON.parse(second)).toEqual({ ...JSON.parse(first), duplicate: true });
  expect(third).toBe("conflict");
  const topics = (await broker.admin("GET", "/admin/v2/persistent/public/default")) as string[];
  const [topic = ""] = topics.filter((name) => name.includes("greet"));
  const path = topic.replace("persistent://", "/admin/v2/persistent/");
  expect(await broker.admin("GET", `${path}/stats`)).toMatchObject({ msgInCounter: 1 });

  // What needs none of it does without PostgreSQL; and the broker service takes no native part, either.
  const without = {
    ...onPulsar,
    ...{
      FIVEFOLD_PULSAR_URL: broker.serviceUrl,
      FIVEFOLD_PULSAR_ADMIN_URL: broker.adminUrl,
      FIVEFOLD_POSTGRES_URL: "",
    },
  };
  const bareSent = await startCommand(process.execPath, ["send.ts", "bare"], service, without).ended();
  expect(bareSent).toMatchObject({ code: 0, stderr: "" });
  const [receipt = "", ...refused] = bareSent.stdout.trim().split("\n");
  expect(JSON.parse(receipt)).toMatchObject({ duplicate: false });
  expect(refused).toEqual(["invalid-option", "invalid-option"]);
});
