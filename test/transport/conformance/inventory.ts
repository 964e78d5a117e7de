import { describe, expect, test } from "vitest";
import { record } from "../records.ts";
import { ids, publish, receiveCount, type Subject } from "./subject.ts";

export function describeInventory({ open }: Subject): void {
  describe("what is there", () => {
    const names = { name: "inventory one.high", ordered: true, subscriptions: ["a", "b"] };

    test("topics tell their subscriptions, what waits in them, and how many consume them", async () => {
      const transport = await open();
      await transport.declare([names, { name: "inventory-two", ordered: false, subscriptions: ["a"] }]);
      await publish(transport, names.name, [record("1", { key: "k" })]);
      const consumer = await transport.subscribe(names.name, "a", "key-shared");
      const found = async () =>
        [...(await transport.topics((topic) => topic.startsWith("inventory")))]
          .map(({ name, subscriptions }) => ({
            name,
            subscriptions: [...subscriptions].sort((x, y) => x.name.localeCompare(y.name)),
          }))
          .sort((x, y) => x.name.localeCompare(y.name));
      await expect.poll(found, { timeout: 10_000 }).toEqual([
        {
          name: "inventory one.high",
          subscriptions: [
            { name: "a", backlog: 1, consumers: 1 },
            { name: "b", backlog: 1, consumers: 0 },
          ],
        },
        { name: "inventory-two", subscriptions: [{ name: "a", backlog: 0, consumers: 0 }] },
      ]);
      await consumer.close();
      expect((await transport.topics(() => false)).length).toBe(0);
    });

    test("a subscription that nobody consumes can be removed, and one that is gone already", async () => {
      const transport = await open();
      await transport.declare([names]);
      await publish(transport, names.name, [record("1", { key: "k" })]);
      const consumer = await transport.subscribe(names.name, "a", "key-shared");
      await expect(transport.removeSubscription(names.name, "a")).rejects.toMatchObject({ code: "conflict" });
      await transport.removeSubscription(names.name, "b");
      await transport.removeSubscription(names.name, "b");
      await expect(transport.subscribe(names.name, "b", "key-shared")).rejects.toMatchObject({ code: "unknown-topic" });
      // The others go on, and one of that name can be there again.
      expect(ids(await receiveCount(consumer, 1))).toEqual(["1"]);
      await publish(transport, names.name, [record("2", { key: "k" })]);
      expect(ids(await receiveCount(consumer, 1))).toEqual(["2"]);
      await transport.declare([names]);
      const again = await transport.subscribe(names.name, "b", "key-shared");
      await publish(transport, names.name, [record("3", { key: "k" })]);
      expect(ids(await receiveCount(again, 1)).at(-1)).toMatch(/[123]/);
    });
  });
}
