import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openEmbeddedTransport } from "../../../runtime/adapters/embedded/embedded.ts";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";
import { record } from "../../transport/records.ts";

/*
 * A process to be killed: `node worker.ts <role> <folder> <name>`. Appends a line for each record to the folder's
 * journals: `published` once its publish has resolved, `handled` before it is acknowledged. A line outlives the process.
 */

const [role, folder, name] = process.argv.slice(2) as [string, string, string];
const KEYS = 5;
const PAUSE_MS = 4;
/** What a process that ends by itself does beforehand. */
const BRIEF_BATCHES = 6;

const transport = await openEmbeddedTransport({ folder: join(folder, "data"), clock: systemClock });
await transport.declare([{ name: "kills", ordered: true, subscriptions: ["s"] }]);

console.log("works");

function journal(file: string): (ids: readonly string[]) => void {
  const descriptor = openSync(join(folder, file), "a");
  return (ids) => {
    if (ids.length > 0) writeSync(descriptor, ids.map((id) => `${name} ${id}\n`).join(""));
  };
}

async function produce(batches: number): Promise<void> {
  const published = journal("published");
  const producer = await transport.producer("kills");
  let next = 0;
  for (let batch = 0; batch < batches; batch++) {
    const ids = Array.from({ length: 1 + Math.floor(systemClock.random() * 12) }, () => {
      const number = next++;
      return { key: `${name}.${number % KEYS}`, number: Math.floor(number / KEYS) };
    });
    const payload = new Uint8Array(Math.floor(systemClock.random() * 300));
    await producer.publish(ids.map(({ key, number }) => record(`${key}:${number}`, { key, payload })));
    published(ids.map(({ key, number }) => `${key}:${number}`));
    await sleep(systemClock, PAUSE_MS);
  }
}

async function consume(batches: number): Promise<void> {
  const handled = journal("handled");
  const consumer = await transport.subscribe("kills", "s", "key-shared");
  for (let batch = 0; batch < batches; batch++) {
    const messages = await Promise.race([consumer.receive(60), sleep(systemClock, 300)]);
    if (!messages) break;
    handled(messages.map(({ id }) => id));
    await consumer.acknowledge(messages);
  }
}

const batches = role.startsWith("brief") ? BRIEF_BATCHES : Number.POSITIVE_INFINITY;
if (role.endsWith("produce")) await produce(batches);
else
  while (true) {
    await consume(batches);
    if (role.startsWith("brief")) break;
  }
await transport.close();
