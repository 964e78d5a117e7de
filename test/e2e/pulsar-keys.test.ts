import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Message } from "../../runtime/contract/contract.ts";
import type { Consumer, Transport } from "../../runtime/transport/transport.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { record } from "../transport/records.ts";
import { waitUntil } from "./pulsar/load.ts";
import { createNamespace, WAYS } from "./pulsar/transports.ts";

/** libpulsar collects acknowledgements for 100 ms, and does not tell when they are gone. */
const ACKNOWLEDGED_MS = 400;

let broker: PulsarBroker;
let transports: Transport[] = [];

beforeAll(async () => {
  broker = await startPulsarBroker();
}, INSTALL_TIMEOUT_MS);

afterEach(async () => {
  for (const transport of transports) await transport.close();
  transports = [];
});

afterAll(() => broker?.stop());

async function take(consumer: Consumer, count: number): Promise<Message[]> {
  const taken: Message[] = [];
  while (taken.length < count) taken.push(...(await consumer.receive(count - taken.length)));
  return taken;
}

describe.each(WAYS)("$name", (way) => {
  async function open(namespace: string): Promise<Transport> {
    const transport = await way.open(broker, { namespace });
    transports.push(transport);
    return transport;
  }

  test.each([
    ["its first messages", [0, 1], [2, 3], 0],
    ["its last message", [3], [0, 1, 2], 0],
    ["a message in its midst", [2], [0, 1, 3], 3],
  ])(
    "keys go on when a batch of theirs came in part, %s being settled before",
    async (_, before, after, partitions) => {
      const { name } = await createNamespace(broker);
      if (partitions > 0) await broker.admin("PUT", `/admin/v2/persistent/${name}/t/partitions`, partitions);
      const transport = await open(name);
      await transport.declare([{ name: "t", ordered: true, subscriptions: ["s"] }]);
      const producer = await transport.producer("t");
      const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`);
      const publish = (from: number) =>
        Promise.all(
          keys.map((key) =>
            producer.publish(
              [0, 1, 2, 3].map((index) => record(`${key}/${from + index}`, { key, useCase: `${index}` })),
            ),
          ),
        );
      const at = (messages: readonly Message[], indexes: readonly number[]) =>
        messages.filter(({ useCase }) => indexes.includes(Number(useCase)));

      const first = await (await open(name)).subscribe("t", "s", "key-shared");
      await publish(0);
      await first.acknowledge(at(await take(first, 48), before));
      await sleep(ACKNOWLEDGED_MS);
      await first.close();

      const second = await (await open(name)).subscribe("t", "s", "key-shared");
      const rest = await take(second, keys.length * after.length);
      expect(at(rest, after)).toHaveLength(rest.length);
      const third = await (await open(name)).subscribe("t", "s", "key-shared");
      await second.acknowledge(rest);
      await publish(4);
      const came: string[] = [];
      const run = async (consumer: Consumer) => {
        for (;;) {
          const messages = await consumer.receive(10);
          if (messages.length === 0) return;
          came.push(...messages.map(({ id }) => id));
          await consumer.acknowledge(messages);
        }
      };
      const running = Promise.all([run(second), run(third)]);
      // Where its last message was settled first, keys wait until they are found to stand still.
      const endsAt = performance.now() + 40_000;
      while (came.length < 48 && performance.now() < endsAt) await sleep(50);
      expect(came.length).toBe(48);
      for (const key of keys) {
        expect(came.filter((id) => id.startsWith(`${key}/`))).toEqual([4, 5, 6, 7].map((index) => `${key}/${index}`));
      }
      await waitUntil(
        async () => (await transport.backlog("t", "s")) === 0,
        10_000,
        () => "a backlog is left",
      );
      await Promise.all([second.close(), third.close()]);
      await running;
    },
  );
});
