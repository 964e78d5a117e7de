import { describe, expect, test } from "vitest";
import { record, records } from "../records.ts";
import { expectBacklog, ids, publish, receiveCount, receiveFromAll, type Subject } from "./subject.ts";

export function describeReceiving({ open }: Subject): void {
  describe("receiving", () => {
    test("keeps the order of a topic, over calls and batches", async () => {
      const transport = await open();
      await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
      const producer = await transport.producer("t");
      const published = records(3_000);
      await producer.publish(published.slice(0, 1));
      await Promise.all([producer.publish(published.slice(1, 1_200)), producer.publish(published.slice(1_200, 1_201))]);
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
      await expect(transport.subscribe("t", "s", "key-shared")).rejects.toMatchObject({ code: "conflict" });
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
      await expectBacklog(transport, "t", "s", 0);
    });
  });
}
