import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Transport } from "../../runtime/transport/transport.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { ids } from "../transport/conformance/subject.ts";
import { record } from "../transport/records.ts";
import { consumeSteadily, waitUntil } from "./pulsar/load.ts";
import { createNamespace, WAYS } from "./pulsar/transports.ts";

const TOPIC = { name: "t", ordered: true, subscriptions: ["s"] };

let broker: PulsarBroker;
let namespace: string;
let transports: Transport[];

beforeAll(async () => {
  broker = await startPulsarBroker();
  namespace = (await createNamespace(broker)).name;
  await broker.admin("PUT", `/admin/v2/persistent/${namespace}/t/partitions`, 3);
  transports = await Promise.all(WAYS.map((way) => way.open(broker, { namespace })));
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  for (const transport of transports ?? []) await transport.close();
  await broker?.stop();
});

test("partitions that a deployment has made are used, and a key has the same one whoever publishes", async () => {
  for (const transport of transports) await transport.declare([TOPIC]);
  const producers = await Promise.all(transports.map((transport) => transport.producer("t")));
  // In turns: were a key's partition up to the client, its records would come out of order.
  for (let index = 0; index < 20; index++) {
    const batch = Array.from({ length: 30 }, (_, key) => record(`${key}:${index}`, { key: `key-${key}` }));
    await producers[index % producers.length]!.publish(batch);
  }
  for (const transport of transports) expect(await transport.backlog("t", "s")).toBeGreaterThan(0);
  const consumers = await Promise.all(transports.map((transport) => transport.subscribe("t", "s", "key-shared")));
  const nextOfKey = new Map<string, number>();
  const consumed = consumers.map((consumer) => consumeSteadily(consumer, nextOfKey));
  onTestFinished(async () => {
    for (const one of consumed) await one.stop();
  });
  const came = () => consumed.reduce((sum, { counts }) => sum + counts.size, 0);
  await waitUntil(
    () => came() >= 600,
    60_000,
    () => `${came()} of 600 came`,
  );
  expect(consumed.flatMap(({ early }) => early)).toEqual([]);
  await waitUntil(
    async () => (await transports[0]!.backlog("t", "s")) === 0,
    10_000,
    () => "a backlog is left",
  );
});

test("any key has the partition that Apache's client gives it, in batches by key too", async () => {
  const PARTITIONS = 4;
  const binary = transports[0]!;
  const libpulsar = transports[2]!;
  const keys = ["ä", "😀", "\ud800", "\0", "a\0b", " ", "0", "x".repeat(1_000), "é", "e\u0301", "\uffff"];
  for (let index = 0; index < 150; index++) keys.push(`${index}`.repeat(1 + (index % 17)), `日${index}`);
  const placesOf = async (topic: string, by: Transport) => {
    await broker.admin("PUT", `/admin/v2/persistent/${namespace}/${topic}/partitions`, PARTITIONS);
    await by.declare([{ ...TOPIC, name: topic }]);
    const producer = await by.producer(topic);
    // Several of a key make a batch, several keys a call.
    await producer.publish(
      keys.flatMap((key, index) => [record(`${index}:0`, { key }), record(`${index}:1`, { key })]),
    );
    const places = new Map<string, number>();
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const part = `${topic}-partition-${partition}`;
      const consumer = await binary.subscribe(part, "s", "key-shared");
      while ((await binary.backlog(part, "s")) > 0) {
        const messages = await consumer.receive(1_000);
        for (const { id } of messages) places.set(id, partition);
        await consumer.acknowledge(messages);
      }
      await consumer.close();
    }
    return places;
  };
  const own = await placesOf(`own-${Date.now()}`, binary);
  expect(own.size).toBe(2 * keys.length);
  expect(new Set(own.values()).size).toBe(PARTITIONS);
  expect(own).toEqual(await placesOf(`theirs-${Date.now()}`, libpulsar));
});

test("a consumer that waited long for a partition still gets what comes", async () => {
  for (const [index, transport] of transports.entries()) {
    await transport.declare([TOPIC]);
    const consumer = await transport.subscribe("t", "s", "key-shared");
    const received = consumer.receive(10);
    // Longer than it takes until it asks whether there is something to wait for.
    await sleep(12_000);
    await (await transport.producer("t")).publish([record(`late-${index}`, { key: "k" })]);
    const messages = await received;
    expect(ids(messages)).toEqual([`late-${index}`]);
    await consumer.acknowledge(messages);
    await consumer.close();
  }
});
