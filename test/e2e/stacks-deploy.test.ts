import { afterAll, beforeAll, expect, test } from "vitest";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { destroy, refresh, refusal, up } from "./stacks/changes.ts";
import { EXAMPLE_MODULES, type ExampleStack, startExampleStack } from "./stacks/example-stack.ts";

const NAMESPACE = "/admin/v2/namespaces/shop/test";
const TOPICS = "/admin/v2/persistent/shop/test";

let example: ExampleStack;
let executorToken: string;
let metricsToken: string;

beforeAll(async () => {
  example = await startExampleStack({
    name: "deploy",
    broker: { auth: "token" },
    kubernetes: true,
    config(broker) {
      executorToken = broker.tokenFor("executors");
      metricsToken = broker.tokenFor("metrics");
      return {
        defaults: { executorRole: "executors", producers: ["web"], deadLetterReaders: ["operators"] },
        useCases: { "index-file": { minReplicas: 0 } },
        metricsRole: "metrics",
        metricsToken,
        pulsarTokens: { "*": executorToken },
      };
    },
  });
}, INSTALL_TIMEOUT_MS);

afterAll(() => example?.stop());

// The tests tell the life of one stack, each beginning where the one before has ended.

test("up creates everything, and a second up changes nothing", async () => {
  const { stack, broker, kubernetes } = example;
  const created = await up(stack);
  expect(created.every((change) => change.startsWith("create "))).toBe(true);
  expect(await broker.admin("GET", TOPICS)).toEqual(
    [
      "deliver-webhook.low-default-DLQ",
      "deliver-webhook.low-partition-0",
      "index-file-default-DLQ",
      // Tenants take turns over its partitions.
      ...Array.from({ length: 16 }, (_, index) => `index-file-partition-${index}`).sort(),
      "place-order-fraud-review-DLQ",
      "place-order-partition-0",
      "place-order-warehouse-DLQ",
      "post-ledger-entry.high-default-DLQ",
      "post-ledger-entry.high-partition-0",
      "send-reminder.high-default-DLQ",
      "send-reminder.high-partition-0",
    ].map((topic) => `persistent://shop/test/${topic}`),
  );
  const deployments = await kubernetes!.client.list("apps/v1", "Deployment", "shop-test");
  expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual([
    "deliver-webhook",
    "fivefold--backlogs",
    "index-file",
    "place-order",
    "post-ledger-entry",
    "send-reminder",
  ]);

  expect(await up(stack)).toEqual([]);
});

test("the state holds secrets encrypted", async () => {
  const state = await example.state();
  expect(state).toContain('"role":"executors"');
  for (const secret of [example.broker.adminToken, executorToken, metricsToken, "shop:secret"]) {
    expect(state).not.toContain(secret);
    expect(state).not.toContain(Buffer.from(secret!).toString("base64"));
  }
});

test("a change of one use case changes only its resources", async () => {
  const { stack, project, broker } = example;
  const changed = EXAMPLE_MODULES["index-file"]!.replace(
    "  root: string;\n",
    "  root: string;\n  /** Of what the file belongs to. */\n  label?: string;\n",
  ).replace("maxInFlight: 32", "maxInFlight: 48");
  await project.build({ "index-file": changed });
  expect(await up(stack)).toEqual(["update ScaledObject index-file-scale", "update Schema index-file"]);
  const { getSchemaResponses: versions } = (await broker.admin(
    "GET",
    "/admin/v2/schemas/shop/test/index-file/schemas",
  )) as {
    getSchemaResponses: unknown[];
  };
  expect(versions).toHaveLength(2);
});

test("drift made by hand is found by refresh and fixed by up", async () => {
  const { stack, broker } = example;
  await broker.admin("POST", `${NAMESPACE}/retention`, { retentionTimeInMinutes: 1, retentionSizeInMB: 9_000 });
  await broker.admin("POST", `${NAMESPACE}/deduplication`, false);
  await broker.admin("DELETE", `${TOPICS}/index-file/subscription/default`);
  await broker.admin("DELETE", `${TOPICS}/place-order/permissions/web`);
  await broker.admin("POST", `${TOPICS}/place-order/permissions/executors`, ["consume"]);
  await broker.admin("DELETE", `${TOPICS}/deliver-webhook.low/partitions?force=true`);

  const gone = [
    "Permission deliver-webhook.low:executors",
    "Permission deliver-webhook.low:metrics",
    "Permission deliver-webhook.low:web",
    "Permission place-order:web",
    "Schema deliver-webhook.low",
    "Subscription deliver-webhook.low/default",
    "Subscription index-file/default",
    "Topic deliver-webhook.low",
  ];
  const changed = ["update Namespace shop/test", "update Permission place-order:executors"];
  expect(await refresh(stack)).toEqual([...gone.map((name) => `delete ${name}`), ...changed]);
  expect(await up(stack)).toEqual([...gone.map((name) => `create ${name}`), ...changed]);
  expect(await broker.admin("GET", NAMESPACE)).toMatchObject({
    deduplicationEnabled: true,
    retention_policies: { retentionTimeInMinutes: 1_440, retentionSizeInMB: 10_240 },
  });
  expect(await broker.admin("GET", `${TOPICS}/place-order/permissions`)).toMatchObject({
    web: ["produce"],
    executors: expect.arrayContaining(["consume", "produce"]),
  });
  expect(await broker.admin("GET", `${TOPICS}/index-file/subscriptions`)).toEqual(["default"]);
  expect(await refresh(stack)).toEqual([]);
});

test("partitions that were added by hand are kept, or taken away again if that is allowed", async () => {
  const { stack, broker, configure } = example;
  await broker.admin("POST", `${TOPICS}/place-order/partitions`, 3);
  expect(await refresh(stack)).toEqual(["update Topic place-order"]);
  const said = await refusal(stack);
  expect(said).toContain("Going from 3 to 1 partitions takes deleting topic 'place-order' and making it anew");
  expect(said).toContain("Set the use case's partitions to 3");
  await configure({ useCases: { "place-order": { partitions: 3 }, "index-file": { minReplicas: 0 } } });
  expect(await up(stack)).toEqual([]);

  // Made anew by hand, with fewer.
  await broker.admin("DELETE", `${TOPICS}/place-order/partitions?force=true`);
  await broker.admin("PUT", `${TOPICS}/place-order/partitions`, 1);
  expect(await refresh(stack)).toContain("update Topic place-order");
  expect(await up(stack)).toContain("update Topic place-order");
  expect(await broker.admin("GET", `${TOPICS}/place-order/partitions`)).toMatchObject({ partitions: 3 });
});

test("destroy leaves nothing behind", async () => {
  const { stack, broker, kubernetes } = example;
  const gone = await destroy(stack);
  expect(gone.every((change) => change.startsWith("delete "))).toBe(true);
  expect(await broker.admin("GET", "/admin/v2/tenants")).toEqual(["public", "pulsar"]);
  expect(await kubernetes!.client.list("v1", "Namespace")).not.toContainEqual(
    expect.objectContaining({ metadata: expect.objectContaining({ name: "shop-test" }) }),
  );
});
