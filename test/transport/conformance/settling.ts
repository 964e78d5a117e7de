import { describe, expect, test } from "vitest";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";
import { records } from "../records.ts";
import { expectBacklog, ids, publish, receiveCount, type Subject } from "./subject.ts";

export function describeSettling({ open }: Subject): void {
  describe("settling", () => {
    test("counts as backlog what is not acknowledged, held or not", async () => {
      const transport = await open();
      await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
      await expectBacklog(transport, "t", "s", 0);
      await publish(transport, "t", records(10));
      const consumer = await transport.subscribe("t", "s", "shared");
      const messages = await receiveCount(consumer, 6);
      await expectBacklog(transport, "t", "s", 10);
      await consumer.acknowledge([messages[0]!, messages[3]!, messages[5]!]);
      await expectBacklog(transport, "t", "s", 7);
      await consumer.acknowledge([messages[0]!, messages[1]!]);
      await expectBacklog(transport, "t", "s", 6);
      await consumer.close();
      await expectBacklog(transport, "t", "s", 6);
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
      await expectBacklog(transport, "t", "s", 4);
    });

    test("a negative acknowledge of what was acknowledged changes nothing", async () => {
      const transport = await open();
      await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
      await publish(transport, "t", records(2));
      const consumer = await transport.subscribe("t", "s", "shared");
      const messages = await receiveCount(consumer, 2);
      await consumer.acknowledge(messages);
      consumer.negativeAcknowledge(messages);
      await expectBacklog(transport, "t", "s", 0);
      const received = consumer.receive(1);
      expect(await Promise.race([received, sleep(systemClock, 50)])).toBe(undefined);
      await consumer.close();
      expect(await received).toEqual([]);
    });
  });
}
