import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createPulsarWebSocketTransport } from "../../runtime/adapters/pulsar/pulsar-websocket.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { Transport } from "../../runtime/transport/transport.ts";
import { createPulsarAdmin } from "../../stacks/pulsar/admin-client.ts";
import { DATA_LOSS_GUARD } from "../../stacks/pulsar/data-loss-guard.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { records } from "../transport/records.ts";
import { waitUntil } from "./pulsar/load.ts";
import { destroy, preview, refresh, refusal, refusalOf, up } from "./stacks/changes.ts";
import { EXAMPLE_MODULES, type ExampleStack, startExampleStack } from "./stacks/example-stack.ts";

const TOPICS = "/admin/v2/persistent/shop/test";
const PLACE_ORDER = EXAMPLE_MODULES["place-order"]!;

let example: ExampleStack;

beforeAll(async () => {
  example = await startExampleStack({ name: "safety", kubernetes: false });
  await up(example.stack);
}, INSTALL_TIMEOUT_MS);

afterAll(() => example?.stop());

function openTransport(): Transport {
  const { adminUrl: webUrl } = example.broker;
  return createPulsarWebSocketTransport({ webUrl, namespace: "shop/test", clock: systemClock });
}

/** Puts that many messages into a topic; nobody handles them. */
async function publish(topic: string, count: number, prefix = ""): Promise<void> {
  const transport = openTransport();
  try {
    const producer = await transport.producer(topic);
    await producer.publish(records(count, prefix));
  } finally {
    await transport.close();
  }
}

/** A consumer that takes what comes, until its transport is closed, and acknowledges nothing. */
async function consume(topic: string, subscription: string): Promise<{ ids: Set<string>; stop(): Promise<void> }> {
  const transport = openTransport();
  const consumer = await transport.subscribe(topic, subscription, "shared");
  const ids = new Set<string>();
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      // While the topic is gone it says so; whoever consumes tries again.
      const messages = await consumer.receive(100).catch(() => sleep(100, []));
      for (const { id } of messages) ids.add(id);
    }
  })();
  const stop = async () => {
    stopped = true;
    await transport.close();
    await running;
  };
  return { ids, stop };
}

// The tests tell the life of one stack, each beginning where the one before has ended.

test("a topic with a backlog is not deleted, unless that is allowed by name", async () => {
  const { stack, project, configure } = example;
  await publish("place-order", 3);
  await project.build({ "place-order": undefined });
  const said = await refusal(stack);
  expect(said).toContain("Deleting topic 'place-order' would lose messages that nobody has handled");
  expect(said).toContain("  subscription 'fraud-review': 3 entries not handled\n");
  expect(said).toContain("  subscription 'warehouse': 3 entries not handled\n");
  expect(said).toContain("pulumi config set --path 'fivefold:allowDataLoss[0]' topic:place-order");

  await configure({ allowDataLoss: ["topic:another", "subscription:place-order/warehouse"] });
  expect(await refusal(stack)).toContain("subscription 'fraud-review': 3 entries");
  await configure({ allowDataLoss: ["topic:place-order"] });
  expect(await preview(stack)).toContain("delete Topic place-order");
  await configure({ allowDataLoss: undefined });
  await project.build({ "place-order": PLACE_ORDER });
});

test("a subscription with a backlog is not removed, unless that is allowed by name", async () => {
  const { stack, project, configure, broker } = example;
  await project.build({ "place-order": PLACE_ORDER.replace(/ {4}"fraud-review": \{[\s\S]*?\n {4}\},\n/, "") });
  const said = await refusal(stack);
  expect(said).toContain("Deleting subscriptions of topic 'place-order' would lose messages that nobody has handled");
  expect(said).toContain("  subscription 'fraud-review': 3 entries not handled\n");
  expect(said).not.toContain("warehouse");

  await configure({ allowDataLoss: ["subscription:place-order/fraud-review"] });
  expect(await up(stack)).toEqual([
    "delete Subscription place-order-fraud-review-DLQ/dead-letters",
    "delete Subscription place-order/fraud-review",
    "delete Topic place-order-fraud-review-DLQ",
    "update DataLossGuard test",
  ]);
  expect(await broker.admin("GET", `${TOPICS}/place-order/subscriptions`)).toEqual(["warehouse"]);
  await configure({ allowDataLoss: undefined });
});

test("partitions are not taken away, nor added where keys have an order, while there is a backlog", async () => {
  const { stack, configure, broker } = example;
  await configure({ useCases: { "place-order": { partitions: 3 } } });
  expect(await up(stack)).toEqual(["update Topic place-order"]);
  await configure({ useCases: { "place-order": { partitions: 2 } } });
  const fewer = await refusal(stack);
  expect(fewer).toContain("Going from 3 to 2 partitions takes deleting topic 'place-order' and making it anew");
  expect(fewer).toContain("  subscription 'warehouse': 3 entries not handled\n");
  await configure({ allowDataLoss: ["topic:place-order"] });
  // An executor that runs is disconnected, and goes on with the new topic.
  const { ids, stop } = await consume("place-order", "warehouse");
  expect(await up(stack)).toEqual(
    expect.arrayContaining(["replace Topic place-order", "replace Subscription place-order/warehouse"]),
  );
  await publish("place-order", 2, "new-");
  await waitUntil(
    () => ids.has("new-0") && ids.has("new-1"),
    60_000,
    () => `got ${[...ids].join()}`,
  );
  await stop();
  expect(await broker.admin("GET", `${TOPICS}/place-order/partitions`)).toMatchObject({ partitions: 2 });
  expect(await broker.admin("GET", `${TOPICS}/place-order/subscriptions`)).toEqual(["warehouse"]);

  await publish("post-ledger-entry.high", 5);
  await configure({
    allowDataLoss: undefined,
    useCases: { "place-order": { partitions: 2 }, "post-ledger-entry": { partitions: 2 } },
  });
  const more = await refusal(stack);
  expect(more).toContain("Going from 1 to 2 partitions gives keys of topic 'post-ledger-entry.high' another partition");
  expect(more).toContain("  subscription 'default': 5 entries not handled\n");
  await configure({ allowDataLoss: ["order:post-ledger-entry.high"] });
  expect(await up(stack)).toEqual(["update Topic post-ledger-entry.high"]);
  expect(await refresh(stack)).toEqual([]);
});

test("a topic that somebody is connected to is not taken away, unless that is allowed by name", async () => {
  const { stack, project, configure, broker } = example;
  const { stop } = await consume("index-file", "default");
  await configure({ allowDataLoss: undefined });
  await project.build({ "index-file": undefined });
  const said = await refusalOf((watched) => stack.up(watched));
  expect(said).toContain("Subscription has active connected consumers");
  expect(said).toContain("to disconnect them, allow it by name");
  await configure({ allowDataLoss: ["topic:index-file"] });
  expect(await up(stack)).toContain("delete Topic index-file");
  expect(JSON.stringify(await broker.admin("GET", TOPICS))).not.toContain("index-file");
  await stop();
  await configure({ allowDataLoss: undefined });
  await project.build({ "index-file": EXAMPLE_MODULES["index-file"]! });
  expect(await up(stack)).toContain("create Topic index-file");
});

test("a replicated namespace is not shrunk, unless that is allowed by name", async () => {
  const { stack, configure, broker } = example;
  // Another home, which is not reached at the moment.
  const west = { serviceUrl: "http://127.0.0.1:1", brokerServiceUrl: "pulsar://127.0.0.1:1" };
  await broker.admin("PUT", "/admin/v2/clusters/west", west);
  await configure({ allowDataLoss: undefined, clusters: [broker.clusterName, "west"] });
  expect(await up(stack)).toEqual(expect.arrayContaining(["update Namespace shop/test", "update Tenant shop"]));
  await configure({ clusters: [broker.clusterName] });
  const said = await refusal(stack);
  expect(said).toContain("Taking cluster 'west' out of namespace 'shop/test' deletes its topics there");
  expect(said).toContain("  topic 'post-ledger-entry.high', subscription 'default': 5 entries not handled\n");
  await configure({ allowDataLoss: ["cluster:west"] });
  expect(await up(stack)).toEqual(expect.arrayContaining(["update Namespace shop/test", "update Tenant shop"]));
  expect(await refresh(stack)).toEqual([]);
});

/** A use case whose topic somebody else has made. */
const RESIZE_IMAGE = `
  import { useCase } from "fivefold";
  export interface ImageUploaded { path: string }
  export default useCase<ImageUploaded>({ owner: "team-search", handler: () => {} });
`;

test("a topic that exists is not taken for the stack's own, and keeps its messages when it is imported", async () => {
  const { stack, project, configure, broker } = example;
  await broker.admin("PUT", `${TOPICS}/resize-image/partitions`, 2);
  await broker.admin("PUT", `${TOPICS}/resize-image/subscription/default`, "earliest");
  await publish("resize-image", 4);
  await project.build({ "resize-image": RESIZE_IMAGE });
  const useCases = { "post-ledger-entry": { partitions: 2 }, "place-order": { partitions: 2 } };
  await configure({ allowDataLoss: undefined, useCases: { ...useCases, "resize-image": { partitions: 2 } } });
  const said = await refusal(stack);
  expect(said).toContain("Topic 'persistent://shop/test/resize-image' exists, and this stack did not make it");
  expect(said).toContain("pulumi config set --path 'fivefold:import[0]' topic:resize-image");

  await importTopic("resize-image", 2);
  expect(await refusal(stack)).toContain("Subscription 'persistent://shop/test/resize-image#default' exists");
  await configure({ import: ["subscription:resize-image/default"] });
  expect(await up(stack)).toEqual([
    "create Schema resize-image",
    "create Subscription resize-image-default-DLQ/dead-letters",
    "create Subscription resize-image/default",
    "create Topic resize-image-default-DLQ",
    "update DataLossGuard test",
  ]);
  expect(await refresh(stack)).toEqual([]);
  // From now on it is guarded as any other.
  await configure({ import: undefined, useCases });
  await project.build({ "resize-image": undefined });
  expect(await refusal(stack)).toContain("  subscription 'default': 4 entries not handled\n");
});

/** `pulumi import`, with what Pulumi's dynamic resources can't be asked for before they are in the state. */
async function importTopic(topic: string, partitions: number): Promise<void> {
  const { stack } = example;
  const { resources } = (await stack.exportStack()).deployment as {
    resources: { type: string; outputs: Record<string, unknown> }[];
  };
  const type = "pulumi-nodejs:dynamic/pulsar:Topic";
  const { __provider } = resources.find((resource) => resource.type === type)!.outputs;
  const state = { namespace: "shop/test", topic, partitions, ordered: false, useCase: topic, __provider };
  const component = { type: "fivefold:pulsar:UseCase", name: "owner", logicalName: topic, component: true };
  const own = { type, name: "topic", logicalName: topic, parent: "owner", id: `persistent://shop/test/${topic}` };
  const imported = { ...own, inputs: state, outputs: state };
  await stack.import({ resources: [component, imported], protect: false, generateCode: false });
}

test("a destroy waits for what is just being handled, and is held up by what is not", async () => {
  const admin = createPulsarAdmin({ adminUrl: example.broker.adminUrl });
  const path = "/persistent/shop/test/just-handled";
  await admin.put(`${path}/partitions`, 1);
  onTestFinished(() => admin.delete(`${path}/partitions?force=true`));
  await admin.put(`${path}/subscription/default`, "earliest");
  const transport = openTransport();
  onTestFinished(() => transport.close());
  const consumer = await transport.subscribe("just-handled", "default", "shared");
  await (await transport.producer("just-handled")).publish(records(1));
  const [message] = await consumer.receive(1);
  const guarded = { useCase: "just-handled", topic: "just-handled", subscriptions: ["default"] };
  const remove = () =>
    DATA_LOSS_GUARD.remove(
      { namespace: "shop/test", topics: [guarded] },
      { admin, allowsLoss: () => false, imports: () => false },
    );
  await expect(remove()).rejects.toThrow("subscription 'default': 1 entry not handled");
  const removed = remove();
  await sleep(500);
  await consumer.acknowledge([message!]);
  await removed;
});

test("a stack with a backlog is not destroyed, unless that is allowed by name", async () => {
  const { stack, configure, broker } = example;
  const before = await broker.admin("GET", TOPICS);
  const said = await refusalOf((watched) => stack.destroy(watched));
  expect(said).toContain("Deleting topic 'post-ledger-entry.high' would lose messages");
  expect(said).toContain("  subscription 'default': 5 entries not handled\n");
  expect(said).toContain("run that before");
  expect(await broker.admin("GET", TOPICS)).toEqual(before);

  await configure({ allowDataLoss: ["use-case:post-ledger-entry", "topic:place-order", "topic:resize-image"] });
  expect(await up(stack)).toContain("delete Topic resize-image");
  expect(await destroy(stack)).toContain("delete Topic post-ledger-entry.high");
  expect(await broker.admin("GET", "/admin/v2/tenants")).not.toContain("shop");
});
