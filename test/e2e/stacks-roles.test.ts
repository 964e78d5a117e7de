import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../runtime/connection.ts";
import { readManifest } from "../../stacks/manifest.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type Postgres, startPostgres } from "../parts/postgres.ts";
import { installPulsarClient } from "../parts/pulsar-client-install.ts";
import { waitUntil } from "./pulsar/load.ts";
import { adminStatus, lets, type Place } from "./stacks/access.ts";
import { refresh, up } from "./stacks/changes.ts";
import { type ExampleStack, startExampleStack } from "./stacks/example-stack.ts";
import { startExecutor } from "./stacks/executors.ts";

const NAMES = ["deliver-webhook", "index-file", "place-order", "post-ledger-entry", "send-reminder"];

let example: ExampleStack;
let postgres: Postgres;
let folder: string;

beforeAll(async () => {
  await installPulsarClient();
  folder = await mkdtemp(join(tmpdir(), "fivefold-roles-"));
  postgres = await startPostgres();
  example = await startExampleStack({
    name: "roles",
    broker: { auth: "token" },
    kubernetes: false,
    config: (broker) => ({
      // Who deploys need not be a super user: a role that the tenant names as its administrator is enough.
      pulsarAdminToken: broker.tokenFor("deployers"),
      createTenant: false,
      metricsRole: "metrics",
      useCases: Object.fromEntries(
        NAMES.map((name) => [
          name,
          { executorRole: `${name}/runs`, producers: [`${name}/asks`], deadLetterReaders: [`${name}/reads`] },
        ]),
      ),
    }),
  });
  const { broker, stack } = example;
  const tenant = { allowedClusters: [broker.clusterName], adminRoles: ["deployers"] };
  await broker.admin("PUT", "/admin/v2/tenants/shop", tenant);
  await up(stack);
  expect(await refresh(stack)).toEqual([]);
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  await example?.stop();
  await postgres?.stop();
  await rm(folder, { recursive: true });
});

/** What a process of that role is told by its environment. */
async function environmentOf(role: string) {
  const { broker } = example;
  const tokenFile = join(folder, role.replace("/", "-"));
  await writeFile(tokenFile, broker.tokenFor(role));
  return {
    FIVEFOLD_PULSAR_URL: broker.serviceUrl,
    FIVEFOLD_PULSAR_ADMIN_URL: broker.adminUrl,
    FIVEFOLD_PULSAR_NAMESPACE: "shop/test",
    FIVEFOLD_PULSAR_TOKEN_FILE: tokenFile,
    FIVEFOLD_POSTGRES_URL: postgres.connectionString,
    FIVEFOLD_OUTBOX: folder,
  };
}

test("each role can publish and consume where its use case needs it, and nowhere else", async () => {
  const topics = readManifest(example.project.root).flatMap(({ name, topics }) =>
    topics.map((topic, index) => ({ ...topic, useCase: name, isEvents: index === 0 })),
  );
  const places: Place[] = topics.flatMap(({ name, subscriptions }) => [
    { topic: name },
    ...subscriptions.map((subscription) => ({ topic: name, subscription })),
  ]);
  const allowed: string[] = [];
  const roles = [...NAMES.flatMap((name) => ["asks", "runs", "reads"].map((part) => `${name}/${part}`)), "metrics"];
  for (const role of [...roles, "stranger"]) {
    for (const place of places) {
      if (await lets(example.broker, role, place)) {
        allowed.push(
          `${role} ${place.subscription === undefined ? "publishes to" : `consumes ${place.subscription} of`} ${place.topic}`,
        );
      }
    }
  }
  const needed = topics.flatMap(({ name: topic, useCase, isEvents, subscriptions }) => [
    // What has come due is put back by whichever executor is there; dead letters are each one's own.
    ...(isEvents ? NAMES : [useCase]).map((name) => `${name}/runs publishes to ${topic}`),
    ...(isEvents ? [`${useCase}/asks publishes to ${topic}`] : []),
    ...subscriptions.flatMap((subscription) => [
      `metrics consumes ${subscription} of ${topic}`,
      `${useCase}/${isEvents ? "runs" : "reads"} consumes ${subscription} of ${topic}`,
    ]),
  ]);
  expect(allowed.sort()).toEqual(needed.sort());
  console.log(`${(roles.length + 1) * places.length} accesses tried, ${allowed.length} granted, as needed`);
});

test("no role can administrate", async () => {
  const tries: [method: string, path: string, body?: unknown][] = [
    ["PUT", "/persistent/shop/test/own"],
    ["PUT", "/persistent/shop/test/own/partitions", 1],
    ["GET", "/persistent/shop/test"],
    ["DELETE", "/persistent/shop/test/place-order/partitions?force=true"],
    ["POST", "/persistent/shop/test/place-order/partitions", 5],
    ["POST", "/persistent/shop/test/place-order/permissions/stranger", ["consume"]],
    ["DELETE", "/schemas/shop/test/place-order/schema"],
    ["POST", "/namespaces/shop/test/retention", { retentionTimeInMinutes: 0, retentionSizeInMB: 0 }],
    ["DELETE", "/namespaces/shop/test?force=true"],
    ["PUT", "/namespaces/shop/own", {}],
    ["PUT", "/tenants/own", { allowedClusters: ["standalone"] }],
    ["GET", "/tenants"],
    ["GET", "/brokers/configuration/values"],
  ];
  for (const role of ["place-order/asks", "place-order/runs", "place-order/reads", "metrics", "stranger"]) {
    for (const [method, path, body] of tries) {
      const status = await adminStatus(example.broker, role, method, path, body);
      expect([401, 403], `${role}: ${method} ${path} was answered ${status}`).toContain(status);
    }
  }
});

test("a use case runs with the permissions of its roles: enqueued by one, handled by another, dead letters read by a third", async () => {
  const { project } = example;
  const executor = await startExecutor({
    root: project.root,
    useCase: "deliver-webhook",
    // By the one client, while all else comes by the other.
    env: { ...(await environmentOf("deliver-webhook/runs")), FIVEFOLD_PULSAR_CLIENT: "libpulsar" },
  });
  try {
    const client = await clientOf("deliver-webhook/asks");
    const { deliverWebhook } = await import(join(project.root, "generated/deliver-webhook/client.ts"));
    const webhook = (webhookId: string, behaviour: string) =>
      deliverWebhook.enqueue(
        { webhookId, url: "https://example.org/", body: new Uint8Array(3), receiver: { behaviour, failures: 1 } },
        webhookId === "delayed" ? { delay: "1s" } : {},
      );
    for (const [id, behaviour] of [
      ["good", "fine"],
      ["retried", "fails-first"],
      ["delayed", "fine"],
      ["lost", "gone"],
    ] as const) {
      await webhook(id, behaviour);
    }
    await client.close();
    const delivered = async () =>
      (await readFile(join(folder, "webhooks.jsonl"), "utf8").catch(() => ""))
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line).id as string)
        .sort();
    let last: string[] = [];
    await waitUntil(
      async () => {
        last = await delivered();
        return last.length >= 3;
      },
      30_000,
      () => last.join(),
    );
    expect(last).toEqual(["delayed", "good", "retried"]);
  } finally {
    await executor.stop();
  }
  const reader = await clientOf("deliver-webhook/reads");
  const consumer = await reader.ports.transport.subscribe("deliver-webhook.low-default-DLQ", "dead-letters", "shared");
  const [letter] = await consumer.receive(10_000);
  expect(letter).toMatchObject({ useCase: "deliver-webhook", failure: { reason: "rejected" } });
  await reader.close();

  // A client with another use case's token is told so.
  const stranger = await clientOf("place-order/asks");
  const { sendReminder } = await import(join(project.root, "generated/send-reminder/client.ts"));
  await expect(
    sendReminder.enqueue({ reminderId: "r", userId: "u", text: "t", remindAt: new Date() }),
  ).rejects.toMatchObject({ code: "unauthorized", message: expect.stringContaining("send-reminder") });
  await stranger.close();
});

async function clientOf(role: string) {
  const env = await environmentOf(role);
  return connect({
    pulsar: {
      url: env.FIVEFOLD_PULSAR_URL,
      adminUrl: env.FIVEFOLD_PULSAR_ADMIN_URL,
      namespace: env.FIVEFOLD_PULSAR_NAMESPACE,
      tokenFile: env.FIVEFOLD_PULSAR_TOKEN_FILE,
    },
    postgres: env.FIVEFOLD_POSTGRES_URL,
  });
}

test("the schema registry holds each contract, by which a stranger reads its events", async () => {
  const { broker, project } = example;
  for (const { topics, event } of readManifest(project.root)) {
    const path = `/admin/v2/schemas/shop/test/${topics[0]!.name}/schema`;
    const { type, data } = (await broker.admin("GET", path)) as { type: string; data: string };
    expect(type).toBe("PROTOBUF_NATIVE");
    const { fileDescriptorSet, rootMessageTypeName } = JSON.parse(data);
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(fileDescriptorSet, "base64")));
    expect(registry.getMessage(rootMessageTypeName)?.name).toBe(event.name);
    if (event.name !== "OrderPlaced") continue;
    const { encode } = await import(join(project.root, "generated/place-order/codec.ts"));
    const order = {
      orderId: "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
      country: "DE",
      lines: [{ sku: "tea", quantity: 2, unitPrice: 3.5 }],
      total: 7,
      gift: true,
    };
    const message = registry.getMessage(rootMessageTypeName)!;
    const json = toJson(message, fromBinary(message, encode(order)), { registry, useProtoFieldName: false });
    expect(json).toMatchObject({ orderId: order.orderId, lines: order.lines, total: 7, gift: true });
  }
});
