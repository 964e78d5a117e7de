import { afterEach, beforeEach, expect, test } from "vitest";
import { createBrokers } from "../../../../runtime/adapters/pulsar/binary/brokers.ts";
import { encodeCommand } from "../../../../runtime/adapters/pulsar/binary/commands.ts";
import { frameOf } from "../../../../runtime/adapters/pulsar/binary/frames.ts";
import { openBinaryProducer } from "../../../../runtime/adapters/pulsar/binary/producer.ts";
import { systemClock } from "../../../../runtime/contract/clock.ts";
import type { FivefoldError } from "../../../../runtime/contract/errors.ts";
import type { Producer } from "../../../../runtime/transport/transport.ts";
import { record } from "../../records.ts";
import { type BinaryBroker, startBinaryBroker } from "./binary-broker.ts";

let broker: BinaryBroker;
let producer: Producer;

beforeEach(async () => {
  broker = await startBinaryBroker();
  const connecting = { token: undefined, trustCertsFile: undefined, requestTimeoutMs: 1_000, clock: systemClock };
  producer = await openBinaryProducer({
    ...{ topic: "t", topicUrl: "persistent://public/default/t", ordered: false, maxRecordBytes: 100_000 },
    brokers: createBrokers({ serviceUrl: broker.url, ...connecting }),
    ...{ check: async () => {}, timeoutMs: 200, clock: systemClock, onClose() {} },
  });
});

afterEach(async () => {
  await producer.close();
  await broker.close();
});

test("a producer that the broker has lost, whose connection stays, is made anew", async () => {
  const opened = () => broker.commands.filter(({ name }) => name === "producer").length;
  broker.answer = ({ name }) => (name === "send" && opened() === 1 ? Buffer.alloc(0) : undefined);
  await expect(producer.publish([record("a")])).rejects.toMatchObject({ code: "throttled", mayBeStored: true });
  await producer.publish([record("b")]);
  expect(opened()).toBe(2);
  expect(broker.stored).toEqual(["b"]);
});

test("what was damaged on its way is refused: sent again, a broker that stored what came behind would take it for stored", async () => {
  const CHECKSUM_ERROR = 9;
  broker.answer = (command) =>
    command.name === "send" && command.sequenceId === 0
      ? frameOf(encodeCommand("sendError", { producerId: command.producerId, sequenceId: 0, error: CHECKSUM_ERROR }))
      : undefined;
  const damaged = producer.publish([record("a")]).catch((error: FivefoldError) => error);
  await new Promise((resolve) => setImmediate(resolve));
  await producer.publish([record("b")]);
  expect(await damaged).toMatchObject({ message: expect.stringContaining("damaged on its way") });
  expect(broker.stored).toEqual(["b"]);
});
