import { afterEach, expect, test } from "vitest";
import { createMemoryTransport } from "../../../runtime/adapters/memory/memory.ts";
import { openPartitionedConsumer } from "../../../runtime/adapters/pulsar/partitioned-consumer.ts";
import { createPartitionedProducer } from "../../../runtime/adapters/pulsar/partitioned-producer.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import { FivefoldError } from "../../../runtime/contract/errors.ts";
import { createSimulatedClock } from "../../../runtime/testing/simulated-clock.ts";
import { partitionOfKey } from "../../../runtime/transport/key-partition.ts";
import type { Consumer, Producer } from "../../../runtime/transport/transport.ts";
import { record, records } from "../records.ts";

const PARTITIONS = 4;
const nameOf = (partition: number) => `t-partition-${partition}`;

let ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

/** A topic whose partitions are topics in memory. */
async function openTopic() {
  const transport = createMemoryTransport({ clock: systemClock });
  ends.push(() => transport.close());
  const whole = { name: "whole", ordered: false, subscriptions: ["s"] };
  const parts = Array.from({ length: PARTITIONS }, (_, index) => ({ ...whole, name: nameOf(index) }));
  await transport.declare([whole, ...parts]);
  const publish = async (partition: number, ...ids: readonly string[]) =>
    (await transport.producer(nameOf(partition))).publish(ids.map((id) => record(id, { key: id })));
  return { transport, publish };
}

async function openConsumer(
  openPart: (partition: number) => Promise<Consumer>,
  countPartitions = async () => PARTITIONS,
): Promise<Consumer> {
  const consumer = await openPartitionedConsumer({
    what: "Consuming topic 't' (s)",
    partitions: PARTITIONS,
    openPart,
    countPartitions,
    clock: systemClock,
    onClose() {},
  });
  ends.push(() => consumer.close());
  return consumer;
}

async function receive(consumer: Consumer, count: number, max: number) {
  const taken = [];
  while (taken.length < count) taken.push(...(await consumer.receive(max)));
  return taken;
}

test("partitions take turns, whatever the backlog of one, and what is settled is settled in its own", async () => {
  const { transport, publish } = await openTopic();
  await publish(0, ...Array.from({ length: 400 }, (_, index) => `long-${index}`));
  for (let index = 0; index < 10; index++) for (let part = 1; part < 4; part++) await publish(part, `${part}-${index}`);
  const consumer = await openConsumer((part) => transport.subscribe(nameOf(part), "s", "shared"));
  const messages = await receive(consumer, 430, 8);
  const ids = messages.map(({ id }) => id);
  expect(ids.findLastIndex((id) => !id.startsWith("long"))).toBeLessThan(60);
  expect(ids.filter((id) => id.startsWith("1-"))).toEqual(Array.from({ length: 10 }, (_, index) => `1-${index}`));
  // A copy is settled, too: a second try is one.
  await consumer.acknowledge(messages.map((message) => ({ ...message, attempt: 2 })));
  for (let part = 0; part < 4; part++) expect(await transport.backlog(nameOf(part), "s")).toBe(0);
});

test("a partition that can't be received from is told, and the others go on", async () => {
  const { transport, publish } = await openTopic();
  const consumer = await openConsumer(async (part) => {
    const own = await transport.subscribe(nameOf(part), "s", "shared");
    const fails = async () => {
      throw new FivefoldError("not-connected", "It is away.");
    };
    return part === 2 ? { ...own, receive: fails } : own;
  });
  await expect(consumer.receive(8)).rejects.toMatchObject({ code: "not-connected" });
  await publish(1, "a", "b");
  const ids: string[] = [];
  while (ids.length < 2) ids.push(...(await consumer.receive(8).catch(() => [])).map(({ id }) => id));
  expect(ids).toEqual(["a", "b"]);
});

test("a consumer that is closed gives back what waited for its turn", async () => {
  const { transport, publish } = await openTopic();
  await publish(3, "a", "b", "c");
  const consumer = await openConsumer((part) => transport.subscribe(nameOf(part), "s", "shared"));
  expect(await consumer.receive(2)).toHaveLength(1);
  const waiting = consumer.receive(1);
  await waiting;
  await consumer.close();
  expect(await consumer.receive(1)).toEqual([]);
  const next = await transport.subscribe(nameOf(3), "s", "shared");
  expect((await receive(next, 3, 8)).map(({ id }) => id).sort()).toEqual(["a", "b", "c"]);
});

test("partitions that are added are consumed, though they can't be had at first", async () => {
  const clock = createSimulatedClock(1);
  let partitions = 1;
  let opened = 0;
  const consumer = await openPartitionedConsumer({
    ...{ what: "Consuming topic 't' (s)", partitions, clock, onClose() {} },
    countPartitions: async () => partitions,
    async openPart() {
      opened += 1;
      if (opened === 2) throw new FivefoldError("not-connected", "It is away.");
      return { ...consumerOfNothing };
    },
  });
  partitions = 2;
  await clock.advance(60_000);
  expect(opened).toBe(2);
  await clock.advance(60_000);
  expect(opened).toBe(3);
  await consumer.close();
});

const consumerOfNothing: Consumer = {
  receive: async () => [],
  acknowledge: async () => {},
  negativeAcknowledge() {},
  close: async () => {},
};

async function openProducer(keysByTenant: boolean, fails?: number) {
  const { transport } = await openTopic();
  const refuse: Producer["publish"] = async () => {
    throw new FivefoldError("throttled", "It is slow.");
  };
  const producer = createPartitionedProducer({
    topic: "t",
    partitions: PARTITIONS,
    keysByTenant,
    whole: await transport.producer("whole"),
    async open(partition) {
      const own = await transport.producer(nameOf(partition));
      return partition === fails ? { ...own, publish: refuse } : own;
    },
    onClose() {},
  });
  ends.push(() => producer.close());
  return { transport, producer };
}

test("a tenant's events go to its partition; others, and keys of topics from before, where Pulsar puts them", async () => {
  const { transport, producer } = await openProducer(false);
  const tenants = ["ada", "bob", "eve", "zoe"];
  await producer.publish([
    ...tenants.flatMap((tenant) => records(3, `${tenant}-`, { tenant })),
    ...records(2, "nobody-"),
    ...records(5, "keyed-", { tenant: "ada", key: "k" }),
  ]);
  expect(await transport.backlog("whole", "s")).toBe(7);
  for (let part = 0; part < PARTITIONS; part++) {
    const own = tenants.filter((tenant) => partitionOfKey(tenant, PARTITIONS) === part);
    expect(await transport.backlog(nameOf(part), "s")).toBe(3 * own.length);
  }
  const { transport: divided, producer: byTenant } = await openProducer(true);
  await byTenant.publish(records(5, "keyed-", { tenant: "ada", key: "k" }));
  expect(await divided.backlog(nameOf(partitionOfKey("ada", PARTITIONS)), "s")).toBe(5);
});

test("where one partition refuses its share, the error says that the others may be stored", async () => {
  const { producer } = await openProducer(true, partitionOfKey("ada", PARTITIONS));
  const other = ["bob", "eve", "zoe", "kim"].find(
    (tenant) => partitionOfKey(tenant, PARTITIONS) !== partitionOfKey("ada", PARTITIONS),
  )!;
  const both = ["ada", other].map((tenant) => record(tenant, { tenant }));
  await expect(producer.publish(both)).rejects.toMatchObject({ code: "throttled", mayBeStored: true });
  await expect(producer.publish([both[0]!])).rejects.toMatchObject({ code: "throttled", mayBeStored: false });
});
