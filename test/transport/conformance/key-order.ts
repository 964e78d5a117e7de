import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";
import type { Message } from "../../../runtime/contract/contract.ts";
import type { Consumer, Transport } from "../../../runtime/transport/transport.ts";
import { record, records } from "../records.ts";
import { expectBacklog, ids, publish, receiveCount, receiveFromAll, type Subject } from "./subject.ts";

/**
 * Runs steps on a key-shared subscription, and checks that each key's records are handled in publishing order: a record
 * may come again, but none comes before an earlier one of its key was acknowledged or is held by the same consumer.
 */
async function checkKeyOrder(
  transport: Transport,
  topic: string,
  steps: readonly { kind: string; count: number }[],
  patienceMs: number,
): Promise<void> {
  await transport.declare([{ name: topic, ordered: true, subscriptions: ["s"] }]);
  const producer = await transport.producer(topic);
  const workers: { consumer: Consumer; held: Message[] }[] = [];
  const acknowledged = new Set<string>();
  let published = 0;
  const idOf = (key: string, index: number) => `${key}:${index}`;
  const lengths = new Map<string, number>();

  async function publish(count: number): Promise<void> {
    const batch = Array.from({ length: count }, () => {
      const key = `key-${(published * 7) % 23}`;
      const index = lengths.get(key) ?? 0;
      lengths.set(key, index + 1);
      published += 1;
      return record(idOf(key, index), { key });
    });
    await producer.publish(batch);
  }

  async function receive(worker: (typeof workers)[number], count: number): Promise<void> {
    // What can come is there already, in whichever consumer's share: a pending call is ended by leaving.
    const received = await Promise.race([worker.consumer.receive(count), sleep(systemClock, patienceMs)]);
    if (received) take(worker, received);
    else await leave(worker);
  }

  function take(worker: (typeof workers)[number], received: readonly Message[]): void {
    for (const message of received) {
      const index = Number(message.id.split(":")[1]);
      for (let earlier = 0; earlier < index; earlier++) {
        const id = idOf(message.key, earlier);
        const isHeldHere = worker.held.some((held) => held.id === id);
        expect(acknowledged.has(id) || isHeldHere, `${message.id} came before ${id} was settled`).toBe(true);
      }
      const elsewhere = workers.some(({ held }) => held.some(({ id }) => id === message.id));
      expect(elsewhere, `${message.id} is held already`).toBe(false);
      worker.held.push(message);
    }
  }

  async function acknowledge(worker: (typeof workers)[number], count: number): Promise<void> {
    const messages = worker.held.splice(0, count);
    for (const { id } of messages) acknowledged.add(id);
    await worker.consumer.acknowledge(messages);
  }

  async function leave(worker: (typeof workers)[number]): Promise<void> {
    worker.held = [];
    workers.splice(workers.indexOf(worker), 1);
    await worker.consumer.close();
  }

  for (const [turn, { kind, count }] of steps.entries()) {
    const worker = workers[turn % Math.max(1, workers.length)];
    if (kind === "publish") await publish(count);
    if (kind === "join") workers.push({ consumer: await transport.subscribe(topic, "s", "key-shared"), held: [] });
    if (kind === "receive" && worker && acknowledged.size < published) await receive(worker, count);
    if (kind === "acknowledge" && worker) await acknowledge(worker, count);
    if (kind === "leave" && worker) await leave(worker);
  }
  // Whatever happened, a last consumer gets all that is left.
  for (const worker of [...workers]) await leave(worker);
  const last = { consumer: await transport.subscribe(topic, "s", "key-shared"), held: [] as Message[] };
  workers.push(last);
  while (acknowledged.size < published) {
    take(last, await last.consumer.receive(50));
    await acknowledge(last, 50);
  }
  await last.consumer.close();
  await expectBacklog(transport, topic, "s", 0);
}

export function describeKeyOrder({ open, patienceMs, orderRuns }: Subject): void {
  describe("key-shared", () => {
    test("only one consumer at a time has records of a key", async () => {
      const transport = await open();
      await transport.declare([{ name: "t", ordered: true, subscriptions: ["s"] }]);
      await publish(transport, "t", records(10, "", { key: "same" }));
      const first = await transport.subscribe("t", "s", "key-shared");
      const held = await receiveCount(first, 3);
      expect(ids(held)).toEqual(["0", "1", "2"]);
      const others = await Promise.all([1, 2].map(() => transport.subscribe("t", "s", "key-shared")));
      const waiting = receiveFromAll(others, 9, 20);
      await publish(transport, "t", [record("more", { key: "same" })]);
      expect(await Promise.race([waiting, sleep(systemClock, 60)])).toBe(undefined);
      await first.acknowledge(held.slice(0, 2));
      await first.close();
      // One of the two gets them all.
      const received = (await waiting).filter(({ length }) => length > 0);
      expect(received.map(ids)).toEqual([["2", "3", "4", "5", "6", "7", "8", "9", "more"]]);
    });

    test("keys are shared out again when consumers join", async () => {
      const transport = await open();
      await transport.declare([{ name: "t", ordered: true, subscriptions: ["s"] }]);
      const keyed = Array.from({ length: 200 }, (_, index) => record(`${index}`, { key: `key-${index}` }));
      const first = await transport.subscribe("t", "s", "key-shared");
      await publish(transport, "t", keyed);
      const all = await receiveCount(first, 200);
      const second = await transport.subscribe("t", "s", "key-shared");
      await first.acknowledge(all);
      await publish(transport, "t", keyed);
      const shares = await receiveFromAll([first, second], 200);
      expect(shares[0]!.length + shares[1]!.length).toBe(200);
      // Half of the partitions each; how many of the keys that are is up to the hash.
      expect(Math.min(...shares.map(({ length }) => length))).toBeGreaterThan(50);
    });

    test("order by key holds while consumers join, leave and stop half-way", async () => {
      const transport = await open();
      let topics = 0;
      const step = fc.oneof(
        { weight: 4, arbitrary: fc.record({ kind: fc.constant("publish"), count: fc.integer({ min: 1, max: 40 }) }) },
        { weight: 6, arbitrary: fc.record({ kind: fc.constant("receive"), count: fc.integer({ min: 1, max: 30 }) }) },
        {
          weight: 4,
          arbitrary: fc.record({ kind: fc.constant("acknowledge"), count: fc.integer({ min: 1, max: 30 }) }),
        },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant("join"), count: fc.constant(1) }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant("leave"), count: fc.nat({ max: 5 }) }) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
          topics += 1;
          await checkKeyOrder(transport, `keys-${topics}`, steps, patienceMs);
        }),
        { numRuns: orderRuns },
      );
    });
  });
}
