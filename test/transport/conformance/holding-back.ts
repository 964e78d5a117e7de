import { describe, expect, test } from "vitest";
import { systemClock } from "../../../runtime/contract/clock.ts";
import { records } from "../records.ts";
import { ids, receiveCount, type Subject } from "./subject.ts";

const DELAY_MS = 3_000;
/** Brokers look every second for what is due. */
const EARLY_MS = 1_000;

export function describeHoldingBack({ open }: Subject): void {
  describe("holding back", () => {
    test("what must not start yet comes when it may, behind what was published after it", async ({ skip }) => {
      const transport = await open();
      skip(transport.capabilities.longestDelayMs < DELAY_MS, "it holds nothing back");
      await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
      const producer = await transport.producer("t");
      const consumer = await transport.subscribe("t", "s", "shared");
      const notBefore = systemClock.now() + DELAY_MS;
      await producer.publish(records(2, "later-"), [notBefore, notBefore]);
      await producer.publish(records(1, "now-"));
      const [first] = await receiveCount(consumer, 1);
      expect(first!.id).toBe("now-0");
      expect(first!.notBefore).toBeUndefined();
      await consumer.acknowledge([first!]);
      expect(await transport.backlog("t", "s")).toBe(0);

      const later = await receiveCount(consumer, 2);
      expect(systemClock.now()).toBeGreaterThanOrEqual(notBefore - EARLY_MS);
      expect(ids(later).sort()).toEqual(["later-0", "later-1"]);
      expect(later.map((message) => message.notBefore)).toEqual([notBefore, notBefore]);
      await consumer.acknowledge(later);
      expect(await transport.backlog("t", "s")).toBe(0);
    });
  });
}
