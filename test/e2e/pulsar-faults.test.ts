import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Transport } from "../../runtime/transport/transport.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { records } from "../transport/records.ts";
import { startFlakyProxy } from "./pulsar/flaky-proxy.ts";
import { startFrameProxy } from "./pulsar/frame-proxy.ts";
import { consumeSteadily, publishSteadily, waitUntil } from "./pulsar/load.ts";
import { createNamespace, WAYS } from "./pulsar/transports.ts";

const SOON_MS = 120_000;

let broker: PulsarBroker;
let transports: Transport[] = [];

beforeAll(async () => {
  broker = await startPulsarBroker({
    config: { brokerDeduplicationEnabled: true, backlogQuotaCheckIntervalInSeconds: 1 },
  });
}, INSTALL_TIMEOUT_MS);

afterEach(async () => {
  for (const transport of transports) await transport.close();
  transports = [];
});

afterAll(() => broker?.stop());

describe.each(WAYS)("$name", (way) => {
  async function open(namespace: string, settings: Partial<Parameters<typeof way.open>[1]> = {}, at = broker) {
    const transport = await way.open(at, { namespace, timeoutMs: SOON_MS, ...settings });
    transports.push(transport);
    return transport;
  }

  test("a broker that is killed while records are published and consumed loses none of them", async () => {
    const { name } = await createNamespace(broker);
    const transport = await open(name);
    await transport.declare([{ name: "t", ordered: true, subscriptions: ["s"] }]);
    const consumed = consumeSteadily(await transport.subscribe("t", "s", "key-shared"));
    const published = await publishSteadily(transport, "t", 100_000);
    for (let kill = 1; kill <= 2; kill++) {
      const before = { confirmed: published.confirmed.size, received: consumed.counts.size };
      await waitUntil(
        () => published.confirmed.size >= before.confirmed + 1_000 && consumed.counts.size >= before.received + 500,
        SOON_MS,
        () => `${published.confirmed.size} were published, ${consumed.counts.size} came`,
      );
      await broker.kill();
      await broker.restart();
    }
    const after = published.confirmed.size;
    await waitUntil(
      () => published.confirmed.size > after,
      SOON_MS,
      () => "publishing did not go on",
    );
    await published.stop();

    const missing = () => [...published.confirmed].filter((id) => !consumed.counts.has(id));
    await waitUntil(
      () => missing().length === 0,
      SOON_MS,
      () => `missing: ${missing().slice(0, 10)}`,
    );
    // A publish that goes on by itself once the broker is back is not an error.
    expect(published.rejections).toEqual([]);
    expect(consumed.early).toEqual([]);
    await waitUntil(
      async () => (await transport.backlog("t", "s")) === 0,
      SOON_MS,
      () => "a backlog is left",
    );
    await consumed.stop();
    const again = [...consumed.counts.values()].reduce((sum, count) => sum + count - 1, 0);
    console.log(`${way.name}: ${published.confirmed.size} confirmed through 2 kills, ${again} came more than once`);
  });

  test("a topic that is unloaded goes on, and what is held is not handed out twice", async () => {
    const { name } = await createNamespace(broker);
    const transport = await open(name);
    await transport.declare([{ name: "t", ordered: true, subscriptions: ["s", "held"] }]);
    const holder = await transport.subscribe("t", "held", "shared");
    const consumed = consumeSteadily(await transport.subscribe("t", "s", "key-shared"));
    const published = await publishSteadily(transport, "t", 4_000);
    const first = await holder.receive(10);
    await broker.admin("PUT", `/admin/v2/persistent/${name}/t/unload`);
    await waitUntil(
      () => published.confirmed.size === 4_000,
      SOON_MS,
      () => `${published.confirmed.size} were published`,
    );
    await waitUntil(
      () => consumed.counts.size === 4_000,
      SOON_MS,
      () => `${consumed.counts.size} came`,
    );
    expect(published.rejections).toEqual([]);
    expect(consumed.early).toEqual([]);

    const held = new Set(first.map(({ id }) => id));
    const others = new Set<string>();
    while (others.size < 4_000 - held.size) {
      const messages = await holder.receive(500);
      for (const { id } of messages) {
        expect(held.has(id), `${id} is held already`).toBe(false);
        others.add(id);
      }
      await holder.acknowledge(messages);
    }
    // They were received before the topic moved, and are settled after.
    await holder.acknowledge(first);
    await waitUntil(
      async () => (await transport.backlog("t", "held")) === 0,
      SOON_MS,
      () => "a backlog is left",
    );
    await Promise.all([published.stop(), consumed.stop()]);
  });

  test("connections that break lose nothing, and where the broker deduplicates nothing is stored twice", async () => {
    const { name } = await createNamespace(broker);
    const direct = await open(name);
    await direct.declare([{ name: "t", ordered: true, subscriptions: ["s"] }]);
    const isWeb = way.name.endsWith("WebSocket");
    // A broker names itself to whoever looks a topic up, but to nobody who comes by the proxy that reads frames.
    const proxy = await (isWeb
      ? startFlakyProxy(Number(new URL(broker.adminUrl).port))
      : startFrameProxy(Number(new URL(broker.serviceUrl).port)));
    const through = isWeb
      ? { ...broker, adminUrl: `http://127.0.0.1:${proxy.port}` }
      : { ...broker, serviceUrl: `pulsar://127.0.0.1:${proxy.port}` };
    const transport = await open(name, {}, through);
    const published = await publishSteadily(transport, "t", 6_000);
    let cuts = 0;
    while (published.confirmed.size < 6_000 && published.rejections.length === 0) {
      const before = published.confirmed.size;
      proxy.cut();
      cuts += 1;
      await waitUntil(
        () => published.confirmed.size >= Math.min(6_000, before + 500),
        SOON_MS,
        () => `${published.confirmed.size} were published after ${cuts} cuts`,
      );
    }
    expect(published.rejections).toEqual([]);
    expect(cuts).toBeGreaterThan(3);
    const consumed = consumeSteadily(await direct.subscribe("t", "s", "key-shared"));
    await waitUntil(
      () => consumed.counts.size === 6_000,
      SOON_MS,
      () => `${consumed.counts.size} came`,
    );
    expect([...consumed.counts.values()].filter((count) => count !== 1)).toEqual([]);
    expect(consumed.early).toEqual([]);
    await Promise.all([published.stop(), consumed.stop()]);
    await proxy.close();
  });

  test("where the broker deduplicates, what is held back makes it drop nothing that is published beside it", async () => {
    const { name } = await createNamespace(broker);
    const transport = await open(name);
    await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
    const consumed = consumeSteadily(await transport.subscribe("t", "s", "shared"));
    const producer = await transport.producer("t");
    for (let round = 0; round < 100; round++) {
      const soon = Date.now() + 1_000;
      await Promise.all([
        producer.publish(records(5, `now-${round}-`)),
        producer.publish(records(2, `later-${round}-`), [soon, soon]),
        producer.publish(records(5, `also-now-${round}-`)),
      ]);
    }
    await waitUntil(
      () => consumed.counts.size === 1_200,
      SOON_MS,
      () => `${consumed.counts.size} of 1,200 came`,
    );
    await consumed.stop();
    await producer.close();
  });

  test("where nothing listens, every call says so within its time", async () => {
    const nowhere = { ...broker, adminUrl: "http://127.0.0.1:1", serviceUrl: "pulsar://127.0.0.1:1" };
    const transport = await open("public/default", { timeoutMs: 1_000 }, nowhere);
    const refused = { code: "not-connected", message: expect.stringContaining("http://127.0.0.1:1") };
    await expect(transport.declare([{ name: "t", ordered: false, subscriptions: [] }])).rejects.toMatchObject(refused);
    await expect(transport.producer("t")).rejects.toMatchObject(refused);
    await expect(transport.subscribe("t", "s", "shared")).rejects.toMatchObject(refused);
    await expect(transport.backlog("t", "s")).rejects.toMatchObject(refused);
  });

  test("a broker that limits publishing slows it down, and says so where it takes too long", async () => {
    const { name } = await createNamespace(broker, {
      publishRate: { publishThrottlingRateInMsg: 20, publishThrottlingRateInByte: 1_000_000 },
    });
    const patient = await open(name);
    await patient.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
    const producer = await patient.producer("t");
    const startedAt = performance.now();
    for (let call = 0; call < 3; call++) await producer.publish(records(40, `${call}-`));
    expect(performance.now() - startedAt).toBeGreaterThan(2_000);
    const hasty = await open(name, { timeoutMs: 1_500 });
    const hurried = await hasty.producer("t");
    // Not at once: what comes together goes together, and a broker takes a batch as a whole before it slows down.
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, async (_, call) => {
        await sleep(call * 50);
        await hurried.publish(records(20, `hasty-${call}-`));
      }),
    );
    const reasons = results
      .filter(({ status }) => status === "rejected")
      .map((result) => (result as PromiseRejectedResult).reason);
    expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) {
      expect(reason).toMatchObject({ code: "throttled", message: expect.stringContaining("'t'") });
    }
  });

  test("a backlog quota that is used up is told, and publishing goes on once there is room", async () => {
    const { name } = await createNamespace(broker);
    const limit = { limitSize: 20_000, policy: "producer_exception" };
    await broker.admin("POST", `/admin/v2/namespaces/${name}/backlogQuota?backlogQuotaType=destination_storage`, limit);
    const transport = await open(name, { timeoutMs: 5_000 });
    await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
    const producer = await transport.producer("t");
    const large = records(10, "", { payload: new Uint8Array(5_000) });
    let refused: unknown;
    await waitUntil(
      async () => {
        refused = await producer.publish(large).catch((error: unknown) => error);
        return refused !== undefined;
      },
      SOON_MS,
      () => "the quota was never enforced",
    );
    expect(refused).toMatchObject({ code: "storage-full", message: expect.stringContaining("quota") });

    await broker.admin("DELETE", `/admin/v2/namespaces/${name}/backlogQuota?backlogQuotaType=destination_storage`);
    await waitUntil(
      async () => (await producer.publish(records(1)).catch(() => "refused")) === undefined,
      SOON_MS,
      () => "publishing did not go on",
    );
  });

  test("a subscription that is removed while it is consumed is an error, not silence", async () => {
    const { name } = await createNamespace(broker);
    const transport = await open(name);
    await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
    const consumer = await transport.subscribe("t", "s", "shared");
    const received = consumer.receive(1);
    await broker.admin("DELETE", `/admin/v2/persistent/${name}/t?force=true`);
    await expect(received).rejects.toMatchObject({ code: "unknown-topic", message: expect.stringContaining("'t'") });
  });
});
