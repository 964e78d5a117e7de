import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBrokers } from "../../../runtime/adapters/pulsar/binary/brokers.ts";
import { openBinaryProducer } from "../../../runtime/adapters/pulsar/binary/producer.ts";
import { openWebSocketProducer } from "../../../runtime/adapters/pulsar/websocket-producer.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import type { FivefoldError } from "../../../runtime/contract/errors.ts";
import type { Producer } from "../../../runtime/transport/transport.ts";
import { record, records } from "../records.ts";
import { startBinaryBroker } from "./binary/binary-broker.ts";
import type { ProducersBroker } from "./producers-broker.ts";
import { startWebSocketBroker } from "./websocket-broker.ts";

/** How producers come to a broker, and how often it is tried what breaks them. */
interface Way {
  readonly name: string;
  readonly start: () => Promise<ProducersBroker>;
  readonly open: (url: string, timeoutMs: number) => Promise<Producer>;
  /** Calls of 15 MB that fit into what may wait. */
  readonly largeCalls: number;
}

const common = { topic: "t", maxRecordBytes: 100_000, clock: systemClock, onClose() {} };

const WAYS: readonly Way[] = [
  {
    name: "WebSocket",
    start: startWebSocketBroker,
    open: (url, timeoutMs) =>
      openWebSocketProducer({
        ...common,
        maxFrameBytes: 200_000,
        timeoutMs,
        target: async (name, last) => ({ url: `${url}?name=${name}&last=${last}`, headers: {} }),
        explain: async () => undefined,
      }),
    largeCalls: 3,
  },
  {
    name: "the binary protocol",
    start: startBinaryBroker,
    open(url, timeoutMs) {
      const connecting = { token: undefined, trustCertsFile: undefined, requestTimeoutMs: 1_000, clock: systemClock };
      const brokers = createBrokers({ serviceUrl: url, ...connecting });
      const topicUrl = "persistent://public/default/t";
      const check = async () => {};
      return openBinaryProducer({ ...common, topicUrl, ordered: false, brokers, check, timeoutMs });
    },
    largeCalls: 4,
  },
];

const until = async (holds: () => boolean) => {
  while (!holds()) await sleep(5);
};

describe.each(WAYS)("a producer by $name", (way) => {
  let broker: ProducersBroker;
  let producers: Producer[] = [];

  beforeEach(async () => {
    broker = await way.start();
  });

  afterEach(async () => {
    await broker.close();
    await Promise.all(producers.map((producer) => producer.close()));
    producers = [];
  });

  async function open(timeoutMs: number): Promise<Producer> {
    const producer = await way.open(broker.url, timeoutMs);
    producers.push(producer);
    return producer;
  }

  test("what is accepted after a call was given up while a connection was made is stored", async () => {
    const producer = await open(300);
    broker.losesReceipts = true;
    const given = producer.publish([record("a")]).catch((error: FivefoldError) => error);
    await until(() => broker.stored.length === 1);
    broker.holdsConnections = true;
    broker.cut();
    await until(() => broker.heldConnections > 0);
    expect(await given).toMatchObject({ mayBeStored: true });
    broker.losesReceipts = false;
    const later = [producer.publish([record("b")]), producer.publish([record("c")])];
    broker.letIn();
    await Promise.all(later);
    expect(broker.stored).toEqual(["a", "b", "c"]);
  });

  test("a call that is given up before it was sent is withdrawn, and says so", async () => {
    const producer = await open(300);
    broker.holdsConnections = true;
    broker.cut();
    await until(() => broker.heldConnections > 0);
    const error = await producer.publish(records(3)).catch((refused: FivefoldError) => refused);
    expect(error).toMatchObject({ code: "not-connected", mayBeStored: false });
    broker.letIn();
    await producer.publish([record("later")]);
    expect(broker.stored).toEqual(["later"]);
  });

  test("without a connection only so much waits for one", async () => {
    const producer = await open(8_000);
    broker.holdsConnections = true;
    broker.cut();
    await until(() => broker.heldConnections > 0);
    const large = () => records(200, "", { payload: new Uint8Array(75_000) });
    const waits = Array.from({ length: way.largeCalls }, () => producer.publish(large()));
    await expect(producer.publish(large())).rejects.toMatchObject({
      code: "not-connected",
      mayBeStored: false,
      message: expect.stringMatching(/MiB wait/),
    });
    broker.letIn();
    await Promise.all(waits);
    expect(broker.stored).toHaveLength(200 * way.largeCalls);
  });

  test("whatever breaks, in any order: what is accepted is stored once and in order, what is withdrawn is not", async () => {
    const step = fc.constantFrom("publish", "publish", "publish", "lose", "find", "hold", "let in", "cut", "wait");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fc.nat(3)), { maxLength: 40 }), async (steps) => {
        const from = broker.stored.length;
        const producer = await open(120);
        const accepted: string[] = [];
        const refused: string[] = [];
        const calls: Promise<unknown>[] = [];
        let count = 0;
        for (const [what, amount] of steps) {
          if (what === "publish") {
            const batch = Array.from({ length: 1 + amount }, () => record(`${from}/${count++}`));
            const call = producer.publish(batch).then(
              () => accepted.push(...batch.map(({ id }) => id)),
              (error: FivefoldError) => {
                if (!error.mayBeStored) refused.push(...batch.map(({ id }) => id));
              },
            );
            calls.push(call);
          } else if (what === "lose") broker.losesReceipts = true;
          else if (what === "find") broker.losesReceipts = false;
          else if (what === "hold") broker.holdsConnections = true;
          else if (what === "let in") broker.letIn();
          else if (what === "cut") broker.cut();
          else await sleep(amount * 40);
          await sleep(1);
        }
        broker.losesReceipts = false;
        broker.letIn();
        await Promise.all(calls);
        const stored = broker.stored.slice(from);
        const numbers = stored.map((id) => Number(id.split("/")[1]));
        expect(accepted.filter((id) => !stored.includes(id))).toEqual([]);
        expect(refused.filter((id) => stored.includes(id))).toEqual([]);
        expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
        await producer.close();
      }),
      { numRuns: 25, seed: 7 },
    );
  });
});
