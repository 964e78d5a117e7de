import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { METADATA } from "../../../../runtime/adapters/pulsar/binary/batch-reader.ts";
import { BatchWriter } from "../../../../runtime/adapters/pulsar/binary/batch-writer.ts";
import { type Brokers, createBrokers } from "../../../../runtime/adapters/pulsar/binary/brokers.ts";
import { encodeCommand } from "../../../../runtime/adapters/pulsar/binary/commands.ts";
import { frameOf, headOf } from "../../../../runtime/adapters/pulsar/binary/frames.ts";
import { encodeMessage } from "../../../../runtime/adapters/pulsar/binary/proto-message.ts";
import { openBinarySource } from "../../../../runtime/adapters/pulsar/binary/source.ts";
import { openConsumer } from "../../../../runtime/adapters/pulsar/consumer.ts";
import type { ConsumerState } from "../../../../runtime/adapters/pulsar/standstill.ts";
import { systemClock } from "../../../../runtime/contract/clock.ts";
import { FivefoldError } from "../../../../runtime/contract/errors.ts";
import type { Consumer } from "../../../../runtime/transport/transport.ts";
import { record } from "../../records.ts";
import { type BinaryBroker, startBinaryBroker } from "./binary-broker.ts";

const KNOWN = { draining: [], permits: 1, unsettled: 0 };

let broker: BinaryBroker;
let brokers: Brokers;
let consumer: Consumer;
let look: () => Promise<ConsumerState | undefined>;
let unload: () => Promise<void>;
let lookAfterMs: number;

beforeEach(async () => {
  look = async () => KNOWN;
  unload = async () => {};
  lookAfterMs = 60_000;
  await start();
});

async function start(): Promise<void> {
  broker = await startBinaryBroker();
  const connecting = { token: undefined, trustCertsFile: undefined, requestTimeoutMs: 1_000, clock: systemClock };
  brokers = createBrokers({ serviceUrl: broker.url, ...connecting });
  consumer = await open();
}

function open(): Promise<Consumer> {
  const what = "Consuming topic 't' (s)";
  return openConsumer({
    what,
    clock: systemClock,
    open: (events) =>
      openBinarySource(
        {
          ...{ what, topicUrl: "persistent://public/default/t", subscription: "s", type: "shared", consumerName: "c" },
          ...{ brokers, check: async () => {}, look: () => look() },
          ...{ timeoutMs: 2_000, clock: systemClock },
        },
        events,
      ),
    lookAfterMs: () => lookAfterMs,
    unload: () => unload(),
    onAcknowledged() {},
    onClose() {},
  });
}

afterEach(async () => {
  await consumer.close();
  await broker.close();
});

const came = (name: string) => broker.commands.filter((command) => command.name === name);
const until = async (holds: () => boolean) => {
  while (!holds()) await sleep(5);
};

/** A batch of records with these ids, as a broker sends it to the consumer that subscribed last. */
function delivery(entryId: number, ids: readonly string[], ackSet?: readonly bigint[]): Buffer {
  const writer = new BatchWriter();
  for (const id of ids) writer.add(record(id), 0);
  const { consumerId } = came("subscribe").at(-1) as { consumerId?: number };
  const command = encodeCommand("message", { consumerId, messageId: { ledgerId: 9, entryId }, ackSet });
  const metadata = encodeMessage(METADATA, { producerName: "p", sequenceId: 0, publishTime: 1, batchSize: ids.length });
  return Buffer.concat([headOf(command, metadata, writer.bytes), writer.bytes]);
}

async function received(max: number): Promise<string[]> {
  return (await consumer.receive(max)).map(({ id }) => id);
}

test("a batch is settled by one acknowledgement, which says what is left where that is not all", async () => {
  const receiving = consumer.receive(10);
  await until(() => came("flow").length === 1);
  expect(came("flow")).toMatchObject([{ permits: 10 }]);
  broker.send(delivery(1, ["a", "b", "c", "d"], [0b1101n]));
  const messages = await receiving;
  // What the broker has as acknowledged does not come again.
  expect(messages.map(({ id }) => id)).toEqual(["a", "c", "d"]);
  await consumer.acknowledge(messages.slice(1));
  await consumer.acknowledge(messages.slice(0, 1));
  expect(came("ack")).toMatchObject([
    { messageIds: [{ ledgerId: 9, entryId: 1, ackSet: [0b0001n], batchSize: 4 }] },
    { messageIds: [{ ledgerId: 9, entryId: 1 }] },
  ]);
  expect((came("ack")[1] as unknown as { messageIds: object[] }).messageIds[0]).not.toHaveProperty("ackSet");
});

test("what is given back comes again: from the broker as a whole, from here in part", async () => {
  const receiving = consumer.receive(10);
  await until(() => came("flow").length === 1);
  broker.send(Buffer.concat([delivery(1, ["a", "b"]), delivery(2, ["c"])]));
  const messages = await receiving;
  expect(messages).toHaveLength(3);
  consumer.negativeAcknowledge(messages.slice(1));
  expect(await received(10)).toEqual(["b"]);
  await until(() => came("redeliver").length === 1);
  expect(came("redeliver")).toMatchObject([{ messageIds: [{ ledgerId: 9, entryId: 2 }] }]);
});

test("what came by a connection that broke is not kept here when it is given back: it comes again, to whomever", async () => {
  const receiving = consumer.receive(10);
  await until(() => came("flow").length === 1);
  broker.send(delivery(1, ["a", "b"]));
  const [a] = await receiving;
  broker.cut();
  const again = received(10);
  await until(() => came("flow").length === 2);
  consumer.negativeAcknowledge([a!]);
  await sleep(50);
  broker.send(delivery(1, ["a", "b"]));
  // The other one is still held.
  expect(await again).toEqual(["a"]);
  expect(came("redeliver")).toEqual([]);
  // Each opening has a name of its own, by which the broker is asked.
  const names = came("subscribe").map((command) => (command as { consumerName?: string }).consumerName);
  expect(new Set(names).size).toBe(2);
});

test("a consumer whose end the broker does not confirm is ended with its connection", async () => {
  const other = await open();
  broker.answer = ({ name }) => (name === "closeConsumer" ? Buffer.alloc(0) : undefined);
  await other.close();
  // Sooner than a connection ends that answers no pings.
  await expect.poll(() => came("subscribe").length, { timeout: 5_000 }).toBe(3);
  broker.answer = () => undefined;
  const receiving = received(1);
  await until(() => came("flow").length === 1);
  broker.send(delivery(1, ["a"]));
  expect(await receiving).toEqual(["a"]);
});

test("a damaged frame ends the connection, and nothing of it is handed out", async () => {
  const receiving = received(10);
  await until(() => came("flow").length === 1);
  const damaged = delivery(1, ["a", "b"]);
  damaged[damaged.length - 20]! ^= 4;
  broker.send(damaged);
  // Another connection asks again for what did not come by the first.
  await until(() => came("flow").length === 2);
  expect(came("subscribe")).toHaveLength(2);
  broker.send(delivery(1, ["a", "b"]));
  expect(await receiving).toEqual(["a", "b"]);
});

test("an entry that another client wrote wrongly is handed out as one record, which can be settled", async () => {
  const receiving = consumer.receive(10);
  await until(() => came("flow").length === 1);
  const { consumerId } = came("subscribe").at(-1) as { consumerId?: number };
  const send = (entryId: number, metadata: Parameters<typeof encodeMessage<typeof METADATA>>[1]) => {
    const command = encodeCommand("message", { consumerId, messageId: { ledgerId: 9, entryId } });
    const payload = Buffer.from("no batch, and not compressed");
    broker.send(Buffer.concat([headOf(command, encodeMessage(METADATA, metadata), payload), payload]));
  };
  send(1, { producerName: "p", sequenceId: 0, publishTime: 1, batchSize: 3 });
  send(2, { producerName: "p", sequenceId: 0, publishTime: 1, compression: 4, uncompressedBytes: 9 });
  const messages = [...(await receiving)];
  while (messages.length < 2) messages.push(...(await consumer.receive(10)));
  expect(messages).toMatchObject([
    { id: "9:1:-1:-1", useCase: "" },
    { id: "9:2:-1:-1", useCase: "" },
  ]);
  await consumer.acknowledge(messages);
  expect(came("ack")).toMatchObject([{ messageIds: [{ entryId: 1 }, { entryId: 2 }] }]);
});

test("a consumer that the broker has lost is made anew, and not one that came back while the broker was asked", async () => {
  await consumer.close();
  await broker.close();
  broker = await startBinaryBroker();
  let asked = 0;
  look = async () => {
    asked += 1;
    // It loses its connection while it is asked for, and has another one before the answer.
    if (asked === 1) {
      broker.cut();
      await until(() => came("subscribe").length === 2);
      await sleep(20);
    }
    return asked <= 3 ? undefined : KNOWN;
  };
  lookAfterMs = 10;
  await start();
  await until(() => asked === 2);
  await sleep(100);
  expect(came("subscribe")).toHaveLength(2);
  await until(() => came("subscribe").length === 3);
  expect(asked).toBe(3);
});

test("a consumer that a broker gives nothing to is opened anew, then its topic is unloaded, and who may not is told so", async () => {
  await consumer.close();
  await broker.close();
  const happened: string[] = [];
  look = async () => ({ ...KNOWN, withheldAfter: 7 });
  unload = async () => {
    happened.push(`unloaded after ${came("subscribe").length} subscriptions`);
    throw new FivefoldError("not-connected", "Unload it.");
  };
  lookAfterMs = 10;
  await start();
  await expect(consumer.receive(1)).rejects.toThrow("Unload it.");
  expect(happened).toEqual(["unloaded after 2 subscriptions"]);
});

test("what is no protocol at all is told to whoever waits", async () => {
  await consumer.close();
  broker.answer = ({ name }) => (name === "lookup" ? Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n") : undefined);
  const connecting = { token: undefined, trustCertsFile: undefined, requestTimeoutMs: 1_000, clock: systemClock };
  const brokers = createBrokers({ serviceUrl: broker.url, ...connecting });
  await expect(brokers.find("Publishing to topic 't'", "persistent://a/b/t", "produce")).rejects.toMatchObject({
    code: "not-connected",
    message: expect.stringMatching(
      /^Publishing to topic 't': The broker at pulsar:\S+ sent what can't be read: a frame says that it has \d+ bytes/,
    ),
  });
  brokers.close();
});

test("acknowledgements that a connection left unanswered are sent again by the next", async () => {
  const receiving = consumer.receive(10);
  await until(() => came("flow").length === 1);
  broker.send(delivery(1, ["a"]));
  const messages = await receiving;
  broker.answer = ({ name }) => (name === "ack" ? Buffer.alloc(0) : undefined);
  const acknowledged = consumer.acknowledge(messages);
  await until(() => came("ack").length === 1);
  broker.answer = () => undefined;
  broker.cut();
  await acknowledged;
  expect(came("ack")).toHaveLength(2);
});

test("a refusal has the broker's words, and a code for what it is", async () => {
  broker.answer = (command) =>
    command.name === "lookup"
      ? frameOf(
          encodeCommand("lookupResponse", { requestId: command.requestId, response: 2, error: 4, message: "no\n\tat" }),
        )
      : undefined;
  const connecting = { token: undefined, trustCertsFile: undefined, requestTimeoutMs: 1_000, clock: systemClock };
  const brokers = createBrokers({ serviceUrl: broker.url, ...connecting });
  await expect(brokers.find("Publishing to topic 't'", "persistent://a/b/t", "produce")).rejects.toMatchObject({
    code: "unauthorized",
    message: expect.stringContaining("(AuthorizationError: no)"),
  });
  brokers.close();
});
