import { openSync, writeSync } from "node:fs";
import { openEmbeddedTransport } from "../../runtime/adapters/embedded/embedded.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import { record } from "./records.ts";

/*
 * A process for the crash test to kill: `node crash-worker.ts produce|consume <folder> <journal> <name>`. Writes one line
 * for each record into the journal: a producer once the record's publish has resolved, a consumer once it is handled and
 * before it is acknowledged. A line that was written outlives the process.
 */

const [role, folder, journal, name] = process.argv.slice(2) as [string, string, string, string];
const KEYS = 11;

const transport = await openEmbeddedTransport({ folder, clock: systemClock });
await transport.declare([{ name: "crash", ordered: true, subscriptions: ["s"] }]);
const file = openSync(journal, "a");
const write = (ids: readonly string[]) => writeSync(file, ids.map((id) => `${id}\n`).join(""));

async function produce(): Promise<void> {
  const producer = await transport.producer("crash");
  const publishLane = async (lane: number) => {
    // Each lane has keys of its own, and one publish under way: so its records are in a known order.
    for (let index = 0; ; ) {
      const size = 1 + Math.floor(Math.random() * 30);
      const batch = Array.from({ length: size }, () => {
        const key = `${name}.${lane}.${index % KEYS}`;
        const payload = new Uint8Array(Math.floor(Math.random() * 400)).fill(index);
        return record(`${key}:${Math.floor(index++ / KEYS)}`, { key, payload });
      });
      await producer.publish(batch);
      write(batch.map(({ id }) => id));
    }
  };
  await Promise.all([0, 1, 2, 3].map(publishLane));
}

async function consume(): Promise<void> {
  const consumer = await transport.subscribe("crash", "s", "key-shared");
  for (;;) {
    const messages = await consumer.receive(200);
    write(messages.map(({ id }) => id));
    await consumer.acknowledge(messages);
  }
}

console.log("ready");
await (role === "produce" ? produce() : consume());
