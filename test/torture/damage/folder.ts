import { join } from "node:path";
import { openEmbeddedTransport } from "../../../runtime/adapters/embedded/embedded.ts";
import { openLmdbDedupeStore } from "../../../runtime/adapters/embedded/lmdb-dedupe-store.ts";
import { openLmdbDelayStore } from "../../../runtime/adapters/embedded/lmdb-delay-store.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import type { TaskRecord } from "../../../runtime/contract/contract.ts";
import type { Delayed } from "../../../runtime/scheduler/delay-store.ts";
import { record } from "../../transport/records.ts";

/** Topics of a data folder to be damaged: unordered and ordered, each with subscriptions that have come half-way. */
export const TOPICS = [
  { name: "plain", ordered: false, subscriptions: ["fast", "slow"] },
  { name: "lanes", ordered: true, subscriptions: ["only"] },
] as const;

export const RECORDS = 600;
export const DELAYED = 120;
export const DEDUPED = 120;
const DUE_AT = 1_000;

/** Every part of a record follows from its number, so that whoever reads one can tell whether it is as it was. */
export function recordOf(topic: string, number: number): TaskRecord {
  // Most are small, so that many share an entry and a page; some take pages of their own.
  const bytes = number % 50 === 7 ? 9_000 : 40 + (number % 90);
  const payload = new Uint8Array(bytes).fill(number % 251);
  return record(`${topic}-${number}`, {
    key: `k${number % 13}`,
    tenant: `tenant ${number % 5}`,
    payload,
    enqueuedAt: 1_000_000 + number,
  });
}

export function delayedOf(number: number): Delayed {
  return { topic: "plain", dueAt: DUE_AT + number, record: recordOf("delayed", number) };
}

export const dedupeOf = (number: number) => ({
  useCase: "plain",
  dedupeId: `id ${number}`,
  id: `task ${number}`,
  content: `1.content ${number}`,
});

/** Fills a new folder, and closes it. */
export async function fillFolder(folder: string): Promise<void> {
  const transport = await openEmbeddedTransport({ folder: join(folder, "topics"), clock: systemClock });
  await transport.declare(TOPICS);
  for (const { name } of TOPICS) {
    const producer = await transport.producer(name);
    for (let first = 0; first < RECORDS; first += 10) {
      await producer.publish(Array.from({ length: 10 }, (_, index) => recordOf(name, first + index)));
    }
  }
  for (const { name, subscription, count } of [
    { name: "plain", subscription: "fast", count: 400 },
    { name: "plain", subscription: "slow", count: 200 },
    { name: "lanes", subscription: "only", count: 300 },
  ]) {
    const consumer = await transport.subscribe(name, subscription, name === "lanes" ? "key-shared" : "shared");
    const messages = await consumer.receive(count);
    // Of the unordered ones with holes.
    await consumer.acknowledge(messages.filter((_, index) => name === "lanes" || index % 4 !== 3));
    await consumer.close();
  }
  await transport.close();
  const delays = await openLmdbDelayStore(join(folder, "delays"), systemClock);
  for (let first = 0; first < DELAYED; first += 20) {
    await delays.add(Array.from({ length: 20 }, (_, index) => delayedOf(first + index)));
  }
  await delays.close();
  const dedupe = await openLmdbDedupeStore(join(folder, "dedupe"), systemClock);
  const requests = Array.from({ length: DEDUPED }, (_, number) => dedupeOf(number));
  await dedupe.reserve(requests, Date.now(), 60_000);
  await dedupe.confirm(requests, Date.now() + 86_400_000);
  await dedupe.close();
}
