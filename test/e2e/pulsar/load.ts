import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Message } from "../../../runtime/contract/contract.ts";
import type { FivefoldError } from "../../../runtime/contract/errors.ts";
import type { Consumer, Transport } from "../../../runtime/transport/transport.ts";
import { record } from "../../transport/records.ts";

const KEYS = 50;
const BATCH = 20;

/** What was published, and what of it the broker confirmed. */
export interface Published {
  readonly confirmed: Set<string>;
  /** Why calls rejected, though their records may have been stored. */
  readonly rejections: string[];
  stop(): Promise<void>;
}

/** Publishes batches of `key:index` records, several calls at once, until it is stopped or there are `count`. */
export async function publishSteadily(transport: Transport, topic: string, count: number): Promise<Published> {
  const producer = await transport.producer(topic);
  let next = 0;
  let stopped = false;
  const published: Published = { confirmed: new Set(), rejections: [], stop };

  async function run(): Promise<void> {
    while (!stopped && next < count) {
      const batch = Array.from({ length: BATCH }, () => {
        const number = next++;
        return record(`${number % KEYS}:${Math.floor(number / KEYS)}`, { key: `key-${number % KEYS}` });
      });
      try {
        await producer.publish(batch);
        for (const { id } of batch) published.confirmed.add(id);
      } catch (error) {
        published.rejections.push(String(error));
      }
      await sleep(15);
    }
  }

  const running = Promise.all([run(), run(), run(), run()]);
  async function stop(): Promise<void> {
    stopped = true;
    await running;
    await producer.close();
  }
  return published;
}

/** What a consumer got, acknowledging all. */
export interface Consumed {
  /** How often each record came. */
  readonly counts: Map<string, number>;
  /** Records that came for the first time before an earlier one of their key. */
  readonly early: string[];
  stop(): Promise<void>;
}

/** Consumers of one subscription share `nextOfKey`: a key may pass from one to another, in its order. */
export function consumeSteadily(consumer: Consumer, nextOfKey = new Map<string, number>()): Consumed {
  const counts = new Map<string, number>();
  const early: string[] = [];
  const settling = new Set<Promise<void>>();
  let stopped = false;

  function settle(messages: readonly Message[]): void {
    const call = consumer.acknowledge(messages).catch(async (error: FivefoldError) => {
      if (error.code === "closed") return;
      await sleep(100);
      settle(messages);
    });
    settling.add(call);
    void call.then(() => settling.delete(call));
  }
  const running = (async () => {
    while (!stopped) {
      // It says so while there is no broker; whoever consumes tries again.
      const messages = await consumer.receive(200).catch(() => []);
      if (messages.length === 0) await sleep(100);
      for (const { id, key } of messages) {
        counts.set(id, (counts.get(id) ?? 0) + 1);
        if (counts.get(id) !== 1) continue;
        const index = Number(id.split(":")[1]);
        if (index !== (nextOfKey.get(key) ?? 0)) early.push(id);
        nextOfKey.set(key, Math.max(index + 1, nextOfKey.get(key) ?? 0));
      }
      settle(messages);
    }
  })();
  return {
    counts,
    early,
    async stop() {
      stopped = true;
      while (settling.size > 0) await Promise.all(settling);
      await consumer.close();
      await running;
    },
  };
}

/** Waits until it holds, and fails with what `describe` says. */
export async function waitUntil(holds: () => boolean | Promise<boolean>, withinMs: number, describe: () => string) {
  const endsAt = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > endsAt) expect.fail(`not within ${withinMs} ms: ${describe()}`);
    await sleep(50);
  }
}
