import { Queue } from "bullmq";
import { describe, expect, onTestFinished, test } from "vitest";
import { openBullmqQueue } from "../../runtime/bridges/bullmq-queue.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import { hasRedis, startRedis } from "../bench/pipeline/redis.ts";
import { describeForeignQueue } from "../bridges/conformance.ts";
import { bridgeKills } from "../bridges/kills.ts";

const LOCK_MS = 1_000;

// Redis comes from no package registry that npm knows: test/parts/README.md says which package it is.
describe.skipIf(!hasRedis())("on a real Redis", () => {
  async function start() {
    const redis = await startRedis("everysec");
    const connection = { host: "127.0.0.1", port: redis.port };
    const url = `redis://127.0.0.1:${redis.port}`;
    return {
      url,
      connection,
      heldForMs: LOCK_MS,
      open: (queue: string) => openBullmqQueue({ url, queue, lockMs: LOCK_MS, clock: systemClock }),
      async produce(name: string, messages: readonly { readonly body: string }[]) {
        const queue = new Queue(name, { connection });
        const client = await queue.backend.client;
        for (const { body } of messages) {
          let data: unknown;
          try {
            data = JSON.parse(body);
          } catch {
            data = null;
          }
          // As some other program might have: no producer of BullMQ writes what is no JSON.
          const job = await queue.add("event", data, { attempts: 3, removeOnComplete: false });
          if (data === null) await client.hset(queue.backend.toKey(job.id!), { data: body });
        }
        await queue.close();
      },
      stop: redis.stop,
    };
  }

  describeForeignQueue({ system: "BullMQ", start });

  test("a bridge that is killed between any two of its steps loses nothing, and makes no second task", async () => {
    const server = await start();
    onTestFinished(server.stop);
    const events = Array.from({ length: 120 }, (_, n) => ({ n, isMalformed: n % 40 === 7 }));
    await server.produce(
      "ledger",
      events.map(({ n, isMalformed }) => ({
        body: JSON.stringify({
          account: isMalformed ? "none" : `DE${String(n % 9).padStart(6, "0")}`,
          sequence: n + 1,
          amountCents: 1,
          postedAt: "2026-01-31T10:00:00Z",
          labels: {},
        }),
      })),
    );
    const found = await bridgeKills({ args: ["bullmq", server.url, "ledger", `${LOCK_MS}`], kills: 6, expected: 117 });
    expect(found.sequences).toEqual(events.filter(({ isMalformed }) => !isMalformed).map(({ n }) => n + 1));
    expect(found.tasks).toBe(117);
    expect(found.killed).toBe(6);
    const queue = await server.open("ledger");
    expect(await queue.counts()).toEqual({ waiting: 0, held: 0, delayed: 0, setAside: 3 });
    await queue.close();
  });
});
