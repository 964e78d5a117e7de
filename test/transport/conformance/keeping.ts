import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TaskRecord } from "../../../runtime/contract/contract.ts";
import { record } from "../records.ts";
import { expectBacklog, ids, publish, receiveCount, type Subject, withoutPosition } from "./subject.ts";

export function describeKeeping({ open }: Subject): void {
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

    test("the largest that is taken is taken as a retry and as a dead letter too, which are larger", async () => {
      const transport = await open();
      await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
      const { maxRecordBytes } = transport.capabilities;
      const sized = (bytes: number) => record("large", { payload: new Uint8Array(bytes).fill(7) });
      let bytes = maxRecordBytes;
      const producer = await transport.producer("t");
      for (; ; bytes -= 8) {
        try {
          await producer.publish([sized(bytes)]);
          break;
        } catch (error) {
          expect(error).toMatchObject({ code: "payload-too-large" });
        }
      }
      expect(bytes).toBeGreaterThan(maxRecordBytes - 1_024);
      const subscription = "s".repeat(200);
      const failure = {
        reason: "unknown-use-case",
        message: "\u{20ac}".repeat(1_024),
        subscription,
        failedAt: 1_790_000_009_999,
      } as const;
      const retry = { ...sized(bytes), subscription, attempt: 1_001, dueAt: 1_790_000_000_000 };
      await producer.publish([retry]);
      await producer.publish([{ ...retry, failure }]);
      const received = await receiveCount(await transport.subscribe("t", "s", "shared"), 3);
      expect(received.map((one) => [one.payload.length, one.failure?.message.length])).toEqual([
        [bytes, undefined],
        [bytes, undefined],
        [bytes, 1_024],
      ]);
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
      await expectBacklog(transport, "t", "s", 1);
      expect(ids(await (await transport.subscribe("t", "s", "shared")).receive(10))).toEqual(["good"]);
    });

    test("none is a publish too", async () => {
      const transport = await open();
      await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
      await publish(transport, "t", []);
      await expectBacklog(transport, "t", "s", 0);
    });
  });
}
