import { describe, expect, test } from "vitest";
import { records } from "../records.ts";
import { expectBacklog, ids, publish, receiveCount, type Subject } from "./subject.ts";

export function describeClosing({ open }: Subject): void {
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
      await expectBacklog(transport, "t", "s", 1);
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
      await expectBacklog(reopened, "t", "s", 499);
      await expectBacklog(reopened, "t", "unused", 2_000);
      const left = await receiveCount(await reopened.subscribe("t", "s", "key-shared"), 499);
      const expected = records(2_000).filter((_, index) => index >= 1_500 && index !== 1_700);
      expect(ids(left)).toEqual(ids(expected));
      expect(ids(await receiveCount(await reopened.subscribe("t", "unused", "shared"), 1))).toEqual(["0"]);
    });
  });
}
