import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { sleep, systemClock } from "../../runtime/clock.ts";
import type { Message, TaskRecord } from "../../runtime/contract.ts";
import type { Consumer, Transport } from "../../runtime/transport/transport.ts";
import { record, records } from "./records.ts";

/** A place that a transport keeps its data in, for one test. */
export interface Place {
  /** Opens a transport; for durable ones, the second finds what the first has left. */
  open(): Promise<Transport>;
  remove(): Promise<void>;
}

const ids = (messages: readonly TaskRecord[]): string[] => messages.map(({ id }) => id);

function withoutPosition({ position: _, ...rest }: Message): TaskRecord {
  return { ...rest, payload: new Uint8Array(rest.payload) };
}

/** What the suite can't ask a transport. */
export interface Pace {
  /** How long what is there may take to come, in ms. Default 15. */
  readonly patienceMs?: number;
  /** Runs of the test that takes long where the patience is long. Default 30. */
  readonly orderRuns?: number;
}

/** Receives until there are `count` messages, acknowledging none. */
async function receiveCount(consumer: Consumer, count: number, max = count): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < count) messages.push(...(await consumer.receive(Math.min(max, count - messages.length))));
  return messages;
}

/** Receives from all consumers at once until there are `count` messages in all; by consumer. The last calls stay pending. */
async function receiveFromAll(consumers: readonly Consumer[], count: number, max = count): Promise<Message[][]> {
  const received: Message[][] = consumers.map(() => []);
  let rest = count;
  await new Promise<void>((resolve, reject) => {
    for (const [index, consumer] of consumers.entries()) {
      const next = async () => {
        while (rest > 0) {
          const messages = await consumer.receive(max);
          received[index]!.push(...messages);
          rest -= messages.length;
        }
        resolve();
      };
      next().catch(reject);
    }
  });
  return received;
}

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
  expect(await transport.backlog(topic, "s")).toBe(0);
}

/**
 * What every transport must do. Where transports differ, the suite asks the transport's capabilities, never its name.
 */
export function describeTransport(name: string, createPlace: () => Promise<Place>, pace: Pace = {}): void {
  const { patienceMs = 15, orderRuns = 30 } = pace;
  describe(`${name} as a transport`, () => {
    let place: Place | undefined;
    let transports: Transport[] = [];

    async function open(): Promise<Transport> {
      place ??= await createPlace();
      const transport = await place.open();
      transports.push(transport);
      return transport;
    }

    async function publish(transport: Transport, topic: string, published: readonly TaskRecord[]): Promise<void> {
      await (await transport.producer(topic)).publish(published);
    }

    afterEach(async () => {
      for (const transport of transports) await transport.close();
      transports = [];
      await place?.remove();
      place = undefined;
    });

    describe("declaring", () => {
      test("is idempotent, and adds subscriptions without touching what is there", async () => {
        const transport = await open();
        await transport.declare([{ name: "orders", ordered: false, subscriptions: ["a"] }]);
        await publish(transport, "orders", records(3));
        await transport.declare([{ name: "orders", ordered: false, subscriptions: ["a"] }]);
        await transport.declare([{ name: "orders", ordered: false, subscriptions: ["b"] }]);
        await transport.declare([{ name: "orders", ordered: false, subscriptions: [] }]);
        expect(await transport.backlog("orders", "a")).toBe(3);
        expect(ids(await receiveCount(await transport.subscribe("orders", "b", "shared"), 3))).toEqual(["0", "1", "2"]);
      });

      test("two subscriptions at once, and two topics at once", async () => {
        const transport = await open();
        await Promise.all([
          transport.declare([{ name: "one", ordered: true, subscriptions: ["a", "b"] }]),
          transport.declare([{ name: "two", ordered: false, subscriptions: ["a"] }]),
          transport.declare([{ name: "one", ordered: true, subscriptions: ["b", "c"] }]),
        ]);
        await publish(transport, "one", [record("in-one", { key: "k" })]);
        await publish(transport, "two", [record("in-two")]);
        for (const [topic, subscription] of [
          ["one", "a"],
          ["one", "b"],
          ["one", "c"],
          ["two", "a"],
        ] as const) {
          const consumer = await transport.subscribe(topic, subscription, "shared");
          expect(ids(await consumer.receive(10))).toEqual([`in-${topic}`]);
        }
      });

      test("unknown topics and subscriptions are refused", async () => {
        const transport = await open();
        await transport.declare([{ name: "known", ordered: false, subscriptions: ["a"] }]);
        const refused = { code: "unknown-topic", message: expect.stringContaining("'missing'") };
        await expect(transport.producer("missing")).rejects.toMatchObject(refused);
        await expect(transport.subscribe("missing", "a", "shared")).rejects.toMatchObject(refused);
        await expect(transport.subscribe("known", "missing", "shared")).rejects.toMatchObject(refused);
        await expect(transport.backlog("known", "missing")).rejects.toMatchObject(refused);
      });
    });

    describe("records", () => {
      test("arrive with every part of their envelope", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        const failure = {
          reason: "attempts",
          message: "no\nluck ✗",
          subscription: "mail",
          failedAt: 1_790_000_009_999,
        } as const;
        const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
        const published = [
          record("plain"),
          record("full", {
            ...{ useCase: "billing/charge", version: 42, enqueuedAt: 1_790_000_000_123, dueAt: 1_790_000_100_000 },
            ...{ key: "key", attempt: 7, priority: "high", tenant: "tenant", dedupeId: "once", subscription: "mail" },
            ...{ traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", failure, payload: bytes },
          }),
          record("same-again", {
            useCase: "billing/charge",
            version: 42,
            key: "key",
            tenant: "tenant",
            dedupeId: "key",
          }),
          record("", { useCase: "", tenant: "" }),
          record("Grüße, 世界 👋", {
            useCase: "ünïcode",
            key: "ключ",
            tenant: "テナント",
            dedupeId: "ÿĀ",
            priority: "low",
          }),
          record("lone \ud800 surrogate", { key: "\udfff", dedupeId: "nul \0 character" }),
          record("x".repeat(5_000), { enqueuedAt: 0, dueAt: Number.MAX_SAFE_INTEGER, version: 0, attempt: 0 }),
          record("later", { enqueuedAt: Number.MAX_SAFE_INTEGER }),
          record("large", {
            payload: new Uint8Array(Math.min(1_500_000, transport.capabilities.maxRecordBytes / 2)).fill(7),
          }),
          record("after-large", { payload: bytes.subarray(3, 9) }),
        ];
        await publish(transport, "t", published);
        const consumer = await transport.subscribe("t", "s", "shared");
        const received = await receiveCount(consumer, published.length);
        expect(received.map(withoutPosition)).toEqual(published.map((sent) => ({ ...sent, failure: sent.failure })));
      });

      test("random ones arrive unchanged, however they are batched", async () => {
        const transport = await open();
        const text = fc.string({ unit: "binary", maxLength: 12 });
        const count = fc.maxSafeNat();
        const any: fc.Arbitrary<TaskRecord> = fc.record({
          ...{
            id: text,
            useCase: text,
            key: text,
            tenant: text,
            dedupeId: text,
            traceparent: text,
            subscription: text,
          },
          ...{ version: count, enqueuedAt: count, dueAt: count, attempt: count },
          priority: fc.constantFrom("high", "normal", "low"),
          payload: fc.uint8Array({ maxLength: 300 }),
          failure: fc.option(
            fc.record({
              ...{
                reason: fc.constantFrom("rejected", "deadline"),
                message: text,
                subscription: text,
                failedAt: count,
              },
            }),
            { nil: undefined },
          ),
        });
        let topics = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(fc.array(any, { maxLength: 8 }), { maxLength: 4 }), async (batches) => {
            topics += 1;
            const topic = `random-${topics}`;
            await transport.declare([{ name: topic, ordered: false, subscriptions: ["s"] }]);
            const producer = await transport.producer(topic);
            await Promise.all(batches.map((batch) => producer.publish(batch)));
            const consumer = await transport.subscribe(topic, "s", "shared");
            const sent = batches.flat();
            const received = sent.length > 0 ? await receiveCount(consumer, sent.length, 3) : [];
            expect(received.map(withoutPosition)).toEqual(sent);
            await consumer.close();
          }),
          { numRuns: 40 },
        );
      });

      test("payloads are copied: the caller may reuse its buffer once publish is called", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        const producer = await transport.producer("t");
        const buffer = new Uint8Array([1, 2, 3]);
        const published = producer.publish([record("a", { payload: buffer.subarray(1) })]);
        buffer.fill(9);
        await published;
        const [message] = await (await transport.subscribe("t", "s", "shared")).receive(1);
        expect([...message!.payload]).toEqual([2, 3]);
      });

      test("that are too large are refused, and nothing of their call is stored", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: true, subscriptions: ["s"] }]);
        const producer = await transport.producer("t");
        const max = transport.capabilities.maxRecordBytes;
        const large = [record("fits"), record("large", { payload: new Uint8Array(max + 1) }), record("fits-too")];
        await expect(producer.publish(large)).rejects.toMatchObject({
          code: "payload-too-large",
          message: expect.stringContaining("'large'"),
        });
        const long = [record("fits"), record("long", { key: "k".repeat(max) })];
        await expect(producer.publish(long)).rejects.toMatchObject({ code: "payload-too-large" });
        const wrong = [record("fits"), record("wrong", { dueAt: 1.5 })];
        await expect(producer.publish(wrong)).rejects.toMatchObject({
          code: "invalid-option",
          message: expect.stringContaining("dueAt 1.5"),
        });
        await producer.publish([record("good", { payload: new Uint8Array(max - 10_000) })]);
        expect(await transport.backlog("t", "s")).toBe(1);
        expect(ids(await (await transport.subscribe("t", "s", "shared")).receive(10))).toEqual(["good"]);
      });

      test("none is a publish too", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        await publish(transport, "t", []);
        expect(await transport.backlog("t", "s")).toBe(0);
      });
    });

    describe("receiving", () => {
      test("keeps the order of a topic, over calls and batches", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        const producer = await transport.producer("t");
        const published = records(3_000);
        await producer.publish(published.slice(0, 1));
        await Promise.all([
          producer.publish(published.slice(1, 1_200)),
          producer.publish(published.slice(1_200, 1_201)),
        ]);
        await producer.publish(published.slice(1_201));
        const consumer = await transport.subscribe("t", "s", "shared");
        expect(ids(await receiveCount(consumer, 3_000, 700))).toEqual(ids(published));
      });

      test("returns at most max, and refuses a max that is no count", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        await publish(transport, "t", records(10));
        const consumer = await transport.subscribe("t", "s", "shared");
        const received: string[] = [];
        for (const max of [1, 3, 3, 100]) {
          const messages = await consumer.receive(max);
          expect(messages.length).toBeGreaterThanOrEqual(1);
          expect(messages.length).toBeLessThanOrEqual(max);
          received.push(...ids(messages));
        }
        received.push(...ids(await receiveCount(consumer, 10 - received.length)));
        expect(received).toEqual(ids(records(10)));
        for (const max of [0, -1, 1.5, Number.NaN]) {
          await expect(consumer.receive(max)).rejects.toMatchObject({ code: "invalid-option" });
        }
      });

      test("waits for the first record, and returns it", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: true, subscriptions: ["s"] }]);
        const consumer = await transport.subscribe("t", "s", "key-shared");
        const received = consumer.receive(10);
        await expect(consumer.receive(1)).rejects.toMatchObject({ code: "invalid-option" });
        await publish(transport, "t", [record("a", { key: "k" }), record("b", { key: "k" })]);
        const first = await received;
        expect(ids([...first, ...(await receiveCount(consumer, 2 - first.length))])).toEqual(["a", "b"]);
      });

      test("every subscription gets every record, also before anybody consumes it", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["mail", "audit"] }]);
        await publish(transport, "t", records(5));
        const mail = await transport.subscribe("t", "mail", "shared");
        await mail.acknowledge(await receiveCount(mail, 5));
        await publish(transport, "t", [record("later")]);
        expect(ids(await mail.receive(10))).toEqual(["later"]);
        const audit = await transport.subscribe("t", "audit", "shared");
        expect(ids(await receiveCount(audit, 6))).toEqual(["0", "1", "2", "3", "4", "later"]);
      });

      test("several consumers share, and nobody gets what another one holds", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        await publish(transport, "t", records(100));
        const consumers = await Promise.all([1, 2, 3].map(() => transport.subscribe("t", "s", "shared")));
        const received = (await receiveFromAll(consumers, 100, 7)).flat();
        expect(ids(received).toSorted()).toEqual(ids(records(100)).toSorted());
      });

      test("consumers of one subscription must agree on its type", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: true, subscriptions: ["s"] }]);
        const consumer = await transport.subscribe("t", "s", "shared");
        await expect(transport.subscribe("t", "s", "key-shared")).rejects.toMatchObject({ code: "invalid-option" });
        await consumer.close();
        await (await transport.subscribe("t", "s", "key-shared")).close();
      });

      test("concurrent publishers each keep their own order", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        const names = ["a", "b", "c", "d"];
        await Promise.all(
          names.map(async (name) => {
            const producer = await transport.producer("t");
            const calls: Promise<void>[] = [];
            for (let call = 0; call < 50; call++) {
              calls.push(producer.publish([record(`${name}-${2 * call}`), record(`${name}-${2 * call + 1}`)]));
              if (call % 7 === 0) await calls.at(-1);
            }
            await Promise.all(calls);
          }),
        );
        const received = ids(await receiveCount(await transport.subscribe("t", "s", "shared"), 400));
        for (const name of names) {
          const own = received.filter((id) => id.startsWith(name));
          expect(own).toEqual(Array.from({ length: 100 }, (_, index) => `${name}-${index}`));
        }
      });

      test("big batches go through whole", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: true, subscriptions: ["s"] }]);
        const published = Array.from({ length: 20_000 }, (_, index) =>
          record(`${index}`, { key: `key-${index % 500}`, payload: new Uint8Array(200).fill(index) }),
        );
        await publish(transport, "t", published);
        const consumer = await transport.subscribe("t", "s", "key-shared");
        const payloads = new Map<string, number>();
        while (payloads.size < published.length) {
          const messages = await consumer.receive(1_000);
          for (const { id, payload } of messages) payloads.set(id, payload[199]!);
          await consumer.acknowledge(messages);
        }
        for (const { id, payload } of published) expect(payloads.get(id)).toBe(payload[0]);
        expect(await transport.backlog("t", "s")).toBe(0);
      });
    });

    describe("settling", () => {
      test("counts as backlog what is not acknowledged, held or not", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        expect(await transport.backlog("t", "s")).toBe(0);
        await publish(transport, "t", records(10));
        const consumer = await transport.subscribe("t", "s", "shared");
        const messages = await receiveCount(consumer, 6);
        expect(await transport.backlog("t", "s")).toBe(10);
        await consumer.acknowledge([messages[0]!, messages[3]!, messages[5]!]);
        expect(await transport.backlog("t", "s")).toBe(7);
        await consumer.acknowledge([messages[0]!, messages[1]!]);
        expect(await transport.backlog("t", "s")).toBe(6);
        await consumer.close();
        expect(await transport.backlog("t", "s")).toBe(6);
      });

      test("what an ended consumer held comes back, in order and without what it acknowledged", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        await publish(transport, "t", records(8));
        const first = await transport.subscribe("t", "s", "shared");
        const held = await receiveCount(first, 6);
        await first.acknowledge([held[1]!, held[2]!]);
        await first.close();
        expect(await first.receive(1)).toEqual([]);
        const second = await transport.subscribe("t", "s", "shared");
        expect(ids(await receiveCount(second, 6, 2))).toEqual(["0", "3", "4", "5", "6", "7"]);
      });

      test("a waiting consumer gets what another one gives back", async ({ skip }) => {
        const transport = await open();
        skip(!transport.capabilities.takesOnlyWhatItReturns, "the other one may take it again");
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        await publish(transport, "t", records(2));
        const first = await transport.subscribe("t", "s", "shared");
        const second = await transport.subscribe("t", "s", "shared");
        const [kept, returned] = await receiveCount(first, 2);
        const received = second.receive(5);
        first.negativeAcknowledge([returned!]);
        expect(ids(await received)).toEqual([returned!.id]);
        const again = second.receive(5);
        await first.close();
        expect(ids(await again)).toEqual([kept!.id]);
      });

      test("a negative acknowledge brings back part of a batch, not before its delay", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        await publish(transport, "t", records(6));
        const consumer = await transport.subscribe("t", "s", "shared");
        const messages = await receiveCount(consumer, 6);
        const before = systemClock.monotonic();
        consumer.negativeAcknowledge([messages[1]!, messages[4]!], 150);
        consumer.negativeAcknowledge([messages[2]!]);
        await consumer.acknowledge([messages[0]!, messages[5]!]);
        expect(ids(await consumer.receive(10))).toEqual(["2"]);
        expect(ids(await receiveCount(consumer, 2))).toEqual(["1", "4"]);
        expect(systemClock.monotonic() - before).toBeGreaterThanOrEqual(149);
        expect(await transport.backlog("t", "s")).toBe(4);
      });

      test("a negative acknowledge of what was acknowledged changes nothing", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        await publish(transport, "t", records(2));
        const consumer = await transport.subscribe("t", "s", "shared");
        const messages = await receiveCount(consumer, 2);
        await consumer.acknowledge(messages);
        consumer.negativeAcknowledge(messages);
        expect(await transport.backlog("t", "s")).toBe(0);
        const received = consumer.receive(1);
        expect(await Promise.race([received, sleep(systemClock, 50)])).toBe(undefined);
        await consumer.close();
        expect(await received).toEqual([]);
      });
    });

    describe("closing", () => {
      test("ends a pending receive with nothing", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        const consumer = await transport.subscribe("t", "s", "shared");
        const received = consumer.receive(5);
        await consumer.close();
        expect(await received).toEqual([]);
        expect(await consumer.receive(5)).toEqual([]);
        await consumer.close();
      });

      test("the transport ends all, and refuses what comes later", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        const producer = await transport.producer("t");
        const consumers = await Promise.all([1, 2].map(() => transport.subscribe("t", "s", "shared")));
        await producer.publish(records(1));
        const received = consumers.map((consumer) => consumer.receive(5));
        const [first, holder] = await Promise.race(received.map(async (call, index) => [await call, index] as const));
        expect(ids(first)).toEqual(["0"]);
        received[holder] = consumers[holder]!.receive(5);
        await transport.close();
        // What the one held is not delivered to the other on the way out.
        expect(await Promise.all(received)).toEqual([[], []]);
        await expect(producer.publish(records(1))).rejects.toMatchObject({ code: "closed" });
        await expect(transport.producer("t")).rejects.toMatchObject({ code: "closed" });
        await expect(transport.subscribe("t", "s", "shared")).rejects.toMatchObject({ code: "closed" });
        await expect(transport.declare([])).rejects.toMatchObject({ code: "closed" });
        await transport.close();
      });

      test("a closed producer refuses", async () => {
        const transport = await open();
        await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        const producer = await transport.producer("t");
        const published = producer.publish(records(1));
        await producer.close();
        await published;
        await expect(producer.publish(records(1))).rejects.toMatchObject({ code: "closed" });
        expect(await transport.backlog("t", "s")).toBe(1);
      });

      test("what is durable is there when opened again: records, subscriptions, acknowledgements", async ({ skip }) => {
        const transport = await open();
        skip(!transport.capabilities.durable, "not durable");
        await transport.declare([{ name: "t", ordered: true, subscriptions: ["s", "unused"] }]);
        await publish(transport, "t", records(2_000, "", { key: "k", payload: new Uint8Array(100) }));
        const consumer = await transport.subscribe("t", "s", "key-shared");
        const messages = await receiveCount(consumer, 1_800);
        await consumer.acknowledge([...messages.slice(0, 1_500), messages[1_700]!]);
        await transport.close();

        const reopened = await open();
        expect(await reopened.backlog("t", "s")).toBe(499);
        expect(await reopened.backlog("t", "unused")).toBe(2_000);
        const left = await receiveCount(await reopened.subscribe("t", "s", "key-shared"), 499);
        const expected = records(2_000).filter((_, index) => index >= 1_500 && index !== 1_700);
        expect(ids(left)).toEqual(ids(expected));
        expect(ids(await receiveCount(await reopened.subscribe("t", "unused", "shared"), 1))).toEqual(["0"]);
      });
    });

    describe("two transports on one place", () => {
      test("see each other's topics and records, and share a subscription", async ({ skip }) => {
        const first = await open();
        skip(!first.capabilities.multiProcess, "one process only");
        const second = await open();
        await first.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
        const consumers = [await first.subscribe("t", "s", "shared"), await second.subscribe("t", "s", "shared")];
        const waiting = consumers[1]!.receive(1);
        await publish(first, "t", [record("a")]);
        const winner = await Promise.race([waiting, consumers[0]!.receive(1)]);
        expect(ids(winner)).toEqual(["a"]);
        await Promise.all([publish(first, "t", records(50, "b")), publish(second, "t", records(50, "c"))]);
        expect(await second.backlog("t", "s")).toBe(101);
      });

      test("publish to one topic at once, each in its own order", async ({ skip }) => {
        const first = await open();
        skip(!first.capabilities.multiProcess, "one process only");
        const transports = [first, await open(), await open()];
        await first.declare([{ name: "t", ordered: true, subscriptions: ["s"] }]);
        await Promise.all(
          transports.map(async (transport, index) => {
            const producer = await transport.producer("t");
            for (let call = 0; call < 30; call++) {
              await producer.publish([record(`${index}-${call}`, { key: "same" }), record(`x${index}-${call}`)]);
            }
          }),
        );
        const received = ids(await receiveCount(await first.subscribe("t", "s", "key-shared"), 180));
        for (const index of transports.keys()) {
          const own = received.filter((id) => id.startsWith(`${index}-`));
          expect(own).toEqual(Array.from({ length: 30 }, (_, call) => `${index}-${call}`));
        }
      });

      test("what one gives back on closing wakes the other", async ({ skip }) => {
        const first = await open();
        skip(!first.capabilities.multiProcess, "one process only");
        const second = await open();
        await first.declare([{ name: "t", ordered: true, subscriptions: ["s"] }]);
        await publish(first, "t", records(20));
        const consumer = await first.subscribe("t", "s", "key-shared");
        const held = await receiveCount(consumer, 20);
        const waiting = receiveCount(await second.subscribe("t", "s", "key-shared"), 15, 50);
        await consumer.acknowledge(held.slice(0, 5));
        await first.close();
        expect(ids(await waiting)).toEqual(ids(records(20)).slice(5));
      });
    });

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
  });
}
