import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { deploy } from "../../stacks/deploy.ts";
import { DEVELOPMENT, PRODUCTION } from "./example-config.ts";
import { readableStack } from "./readable-stack.ts";
import { only, type RecordedResource, recordProgram } from "./recorded-program.ts";

/*
 * What the examples' stacks hold is in golden/, a folder a stack and a file a use case, so that a review sees what a
 * change of a use case or of a component does to infrastructure. `UPDATE_STACKS=1` rewrites them; review the difference.
 */

const root = resolve(import.meta.dirname, "../..");
const GOLDEN = resolve(import.meta.dirname, "golden");
const UPDATE = process.env.UPDATE_STACKS === "1";

const deployed = (changes: Readonly<Record<string, string>> = {}) =>
  recordProgram(() => deploy({ root }), { config: { ...PRODUCTION, ...changes } });
/** One program at a time: Pulumi's mocks are the process's. */
let production: readonly RecordedResource[];
beforeAll(async () => {
  production = await deployed();
});

test.each([
  ["production", async () => production],
  ["development", () => recordProgram(() => deploy({ root }), { config: DEVELOPMENT, stack: "development" })],
])("the examples' stack '%s' is what its golden files say", async (stack, resources) => {
  const folder = join(GOLDEN, stack);
  const actual = readableStack(await resources());
  if (UPDATE) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of actual) writeFileSync(join(folder, name), text);
  }
  expect(Object.fromEntries(actual)).toEqual(textsOf(folder));
});

test("no secret of the config stands in a golden file", () => {
  const texts = Object.values(textsOf(join(GOLDEN, "production"))).join();
  const secrets = Array.from(JSON.stringify(PRODUCTION).matchAll(/secret-[a-z-]+/g), ([secret]) => secret);
  expect(secrets).toHaveLength(7);
  for (const secret of secrets) expect(texts).not.toContain(secret);
});

test("makes what others need before them, and the guard last", async () => {
  const resources = production;
  const tenant = only(resources, "Tenant");
  expect(only(resources, "PulsarNamespace").dependencies).toContain(tenant.urn);
  const executor = only(resources, "Executor", "place-order");
  expect(executor.dependencies).toContain(only(resources, "Topic", "place-order").urn);
  expect(executor.dependencies).toContain(only(resources, "Subscription", "place-order/warehouse").urn);
  expect(executor.dependencies).toContain(only(resources, "Namespace", "shop").urn);
  expect(executor.dependencies).not.toContain(only(resources, "Topic", "index-file").urn);

  const guard = only(resources, "DataLossGuard");
  const others = resources.filter(({ custom, type }) => custom && type !== guard.type);
  expect(guard.dependencies).toEqual(expect.arrayContaining(others.map(({ urn }) => urn)));
  const topics = others.filter(({ type }) => type === "pulsar:Topic").map(({ inputs }) => inputs.topic);
  expect((guard.inputs.topics as { topic: string }[]).map(({ topic }) => topic)).toEqual(topics.toSorted());
});

test("runs nothing of what another home runs, whose topics it keeps all the same", async () => {
  const useCases = { ...JSON.parse(PRODUCTION["fivefold:useCases"] ?? ""), "place-order": { executor: false } };
  const resources = await deployed({ "fivefold:useCases": JSON.stringify(useCases) });
  expect(() => only(resources, "Deployment", "place-order")).toThrow("There are 0");
  expect(only(resources, "Topic", "place-order").inputs.partitions).toBe(4);
});

test("shows backlogs in a process of its own as long as one has to be started by them", async () => {
  expect(only(production, "BacklogExporter").name).toBe("backlogs");
  const resources = await deployed({ "fivefold:useCases": '{"index-file": {"minReplicas": 1}}' });
  expect(() => only(resources, "BacklogExporter")).toThrow("There are 0");
});

test("gives each executor its own token, else the one for all", async () => {
  const resources = production;
  const tokenOf = (name: string) => JSON.stringify(only(resources, "Secret", name).inputs.stringData);
  expect(tokenOf("place-order")).toContain('"secret-token"');
  expect(tokenOf("post-ledger-entry")).toContain('"secret-ledger-token"');
  expect(tokenOf("backlogs")).toContain('"secret-metrics-token"');
});

/** A folder's files by name. */
function textsOf(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}
