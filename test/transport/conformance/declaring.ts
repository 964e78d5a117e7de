import { describe, expect, test } from "vitest";
import { record, records } from "../records.ts";
import { expectBacklog, ids, publish, receiveCount, type Subject } from "./subject.ts";

export function describeDeclaring({ open }: Subject): void {
  describe("declaring", () => {
    test("is idempotent, and adds subscriptions without touching what is there", async () => {
      const transport = await open();
      await transport.declare([{ name: "orders", ordered: false, subscriptions: ["a"] }]);
      await publish(transport, "orders", records(3));
      await transport.declare([{ name: "orders", ordered: false, subscriptions: ["a"] }]);
      await transport.declare([{ name: "orders", ordered: false, subscriptions: ["b"] }]);
      await transport.declare([{ name: "orders", ordered: false, subscriptions: [] }]);
      await expectBacklog(transport, "orders", "a", 3);
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
}
