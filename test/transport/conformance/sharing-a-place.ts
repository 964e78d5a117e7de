import { describe, expect, test } from "vitest";
import { record, records } from "../records.ts";
import { expectBacklog, ids, publish, receiveCount, type Subject } from "./subject.ts";

export function describeSharingAPlace({ open }: Subject): void {
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
      await expectBacklog(second, "t", "s", 101);
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
}
