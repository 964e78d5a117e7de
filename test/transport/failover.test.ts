import { expect, test } from "vitest";
import { createMemoryTransport } from "../../runtime/adapters/memory/memory.ts";
import { createFailoverTransport } from "../../runtime/adapters/pulsar/failover.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { Message } from "../../runtime/contract/contract.ts";
import { FivefoldError } from "../../runtime/contract/errors.ts";
import { createSimulatedClock } from "../../runtime/testing/simulated-clock.ts";
import type { Consumer, Producer, Transport } from "../../runtime/transport/transport.ts";
import { describeTransport } from "./conformance.ts";
import { records } from "./records.ts";

describeTransport("one of two clusters", async () => ({
  open: async () =>
    createFailoverTransport({
      clusters: [createMemoryTransport({ clock: systemClock }), createMemoryTransport({ clock: systemClock })],
      clock: systemClock,
    }),
  remove: async () => {},
}));

const TOPICS = [{ name: "t", ordered: false, subscriptions: ["s"] }];

/** A cluster that may not be reachable. */
interface Cluster {
  isDown: boolean;
  readonly transport: Transport;
  /** Straight to what it holds. */
  readonly inside: Transport;
}

/** While it is down, calls reject; a call that waits for records rejects when it goes down, or hears nothing of it. */
function createCluster(clock: ReturnType<typeof createSimulatedClock>): Cluster {
  const inside = createMemoryTransport({ clock });
  const check = () => {
    if (cluster.isDown) throw new FivefoldError("not-connected", "The cluster can't be reached.");
  };
  const guardedProducer = (producer: Producer): Producer => ({
    async publish(batch) {
      check();
      await producer.publish(batch);
    },
    close: () => producer.close(),
  });
  const guardedConsumer = (consumer: Consumer): Consumer => ({
    async receive(max) {
      check();
      const messages = await consumer.receive(max);
      check();
      return messages;
    },
    async acknowledge(messages) {
      check();
      await consumer.acknowledge(messages);
    },
    negativeAcknowledge: (messages, delayMs) => consumer.negativeAcknowledge(messages, delayMs),
    close: () => consumer.close(),
  });
  const cluster: Cluster = {
    isDown: false,
    inside,
    transport: {
      ...inside,
      async declare(topics) {
        check();
        await inside.declare(topics);
      },
      async producer(topic) {
        check();
        return guardedProducer(await inside.producer(topic));
      },
      async subscribe(topic, subscription, type) {
        check();
        return guardedConsumer(await inside.subscribe(topic, subscription, type));
      },
      async backlog(topic, subscription) {
        check();
        return inside.backlog(topic, subscription);
      },
    },
  };
  return cluster;
}

async function createClusters() {
  const clock = createSimulatedClock(1);
  const [first, second] = [createCluster(clock), createCluster(clock)];
  const transport = createFailoverTransport({ clusters: [first.transport, second.transport], clock });
  await transport.declare(TOPICS);
  return { clock, first, second, transport };
}

test("publishes on the next cluster while the first can't be reached, and on the first again once it is back for good", async () => {
  const { clock, first, second, transport } = await createClusters();
  const producer = await transport.producer("t");
  await producer.publish(records(2));
  first.isDown = true;
  await producer.publish(records(3, "elsewhere-"));
  expect(await transport.backlog("t", "s")).toBe(3);

  first.isDown = false;
  await clock.advance(50_000);
  first.isDown = true;
  await clock.advance(5_000);
  first.isDown = false;
  // Twelve good answers in a row: those before it was gone again don't count.
  await clock.advance(55_000);
  await producer.publish(records(1, "still elsewhere-"));
  expect(await second.inside.backlog("t", "s")).toBe(4);
  await clock.advance(5_000);
  await producer.publish(records(1, "back-"));
  expect(await first.inside.backlog("t", "s")).toBe(3);
  await transport.close();
});

test("starts on the next cluster, where the first can't be reached from the start", async () => {
  const clock = createSimulatedClock(1);
  const [first, second] = [createCluster(clock), createCluster(clock)];
  first.isDown = true;
  const transport = createFailoverTransport({ clusters: [first.transport, second.transport], clock });
  await transport.declare(TOPICS);
  await (await transport.producer("t")).publish(records(1));
  expect(await second.inside.backlog("t", "s")).toBe(1);
  await transport.close();
});

test("where none can be reached, says so", async () => {
  const { first, second, transport } = await createClusters();
  const producer = await transport.producer("t");
  first.isDown = true;
  second.isDown = true;
  await expect(producer.publish(records(1))).rejects.toMatchObject({ code: "not-connected" });
  first.isDown = false;
  await producer.publish(records(1));
  expect(await first.inside.backlog("t", "s")).toBe(1);
  await transport.close();
});

test("a refusal is not what another cluster could fix", async () => {
  const { second, transport } = await createClusters();
  await expect(transport.producer("unknown")).rejects.toMatchObject({ code: "unknown-topic" });
  const producer = await transport.producer("t");
  await expect(producer.publish(records(1, "", { payload: new Uint8Array(9_000_000) }))).rejects.toMatchObject({
    code: "payload-too-large",
  });
  await expect(second.inside.backlog("t", "s")).rejects.toMatchObject({ code: "unknown-topic" });
  await transport.close();
});

test("consumers follow, keep nobody waiting for what they hold of the cluster that was left, and come back", async () => {
  const { clock, first, second, transport } = await createClusters();
  const producer = await transport.producer("t");
  const consumer = await transport.subscribe("t", "s", "shared");
  await producer.publish(records(1, "before-"));
  const held = await consumer.receive(10);
  expect(held.map(({ id }) => id)).toEqual(["before-0"]);

  first.isDown = true;
  const waiting = consumer.receive(10);
  await producer.publish(records(1, "elsewhere-"));
  expect((await waiting).map(({ id }) => id)).toEqual(["elsewhere-0"]);
  await consumer.acknowledge([...held, ...(await waiting)]);
  expect(await second.inside.backlog("t", "s")).toBe(0);

  let later: readonly Message[] | undefined;
  void consumer.receive(10).then((messages) => {
    later = messages;
  });
  first.isDown = false;
  await clock.until(() => later !== undefined, 120_000);
  expect(later!.map(({ id }) => id)).toEqual(["before-0"]);
  await consumer.acknowledge(later!);
  expect(await first.inside.backlog("t", "s")).toBe(0);
  await consumer.close();
  expect(await consumer.receive(1)).toEqual([]);
  await transport.close();
});

test("a consumer comes back to a cluster that it left for one where it can't subscribe", async () => {
  const clock = createSimulatedClock(1);
  const [first, second] = [createCluster(clock), createCluster(clock)];
  const takesNoConsumers: Transport = {
    ...second.transport,
    subscribe: () => Promise.reject(new FivefoldError("not-connected", "It went down in this moment.")),
  };
  const transport = createFailoverTransport({ clusters: [first.transport, takesNoConsumers], clock });
  await transport.declare(TOPICS);
  const consumer = await transport.subscribe("t", "s", "shared");
  first.isDown = true;
  await expect(consumer.receive(10)).rejects.toMatchObject({ code: "not-connected" });
  first.isDown = false;
  second.isDown = true;
  const received = consumer.receive(10);
  const producer = await transport.producer("t");
  await producer.publish(records(1));
  expect((await received).map(({ id }) => id)).toEqual(["0"]);
  await transport.close();
});

test("what a cluster may have stored before it was left, the next one's refusal does not take back", async () => {
  const { first, second, transport } = await createClusters();
  const refusing = (error: FivefoldError, then: () => void): Producer => ({
    async publish() {
      then();
      throw error;
    },
    close: async () => {},
  });
  const lost = new FivefoldError("not-connected", "No answer.", { mayBeStored: true });
  first.transport.producer = async () => {
    if (first.isDown) throw new FivefoldError("not-connected", "The cluster can't be reached.");
    return refusing(lost, () => {
      first.isDown = true;
    });
  };
  second.transport.producer = async () => refusing(new FivefoldError("storage-full", "No room."), () => {});
  const producer = await transport.producer("t");
  await expect(producer.publish(records(1))).rejects.toMatchObject({ code: "storage-full", mayBeStored: true });
  await transport.close();
});
