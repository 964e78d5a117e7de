import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { openTargetWorld } from "../runtime/targets/target-world.ts";

const HOST = join(import.meta.dirname, "targets/host.ts");
const BAD = ["500", "429", "garbage", "never", "redirects", "huge", "slow", "killed"] as const;
const WELL = 3;
const PER_SECOND = 150;
/** Ticks of the load, in ms. */
const TICK_MS = 20;

interface Host {
  readonly port: number;
  child: ChildProcess;
}

async function startHost(port = 0): Promise<Host> {
  const child = fork(HOST, [String(port)]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const [message] = (await once(child, "message")) as [{ port: number }];
  return { port: message.port, child };
}

test("traffic leaves hosts that fail, whichever way, and comes back once they don't; nothing is lost", async () => {
  const hosts = await Promise.all(Array.from({ length: BAD.length + WELL }, () => startHost()));
  const bad = hosts.slice(0, BAD.length);
  const world = await openTargetWorld({
    environment: { FIVEFOLD_SERVICE_THUMBNAILS: hosts.map(({ port }) => `http://127.0.0.1:${port}`).join(",") },
    subscriber: { maxInFlight: 64, timeoutMs: 2_000, maxRetries: 20, backoff: { minMs: 100, maxMs: 1_000 } },
  });
  const done = new Map<string, number>();
  const enqueued: string[] = [];
  /** What each host got since it was asked the last time. */
  const ask = (behaviours: readonly (string | undefined)[] = []) =>
    Promise.all(
      hosts.map(async ({ child }, index) => {
        if (!child.connected) return 0;
        const answer = once(child, "message") as Promise<[{ requests: number; done: string[] }]>;
        child.send({ behaviour: behaviours[index] });
        const [{ requests, done: ids }] = await answer;
        for (const id of ids) done.set(id, (done.get(id) ?? 0) + 1);
        return requests;
      }),
    );
  async function drive(seconds: number): Promise<void> {
    for (let tick = 0; tick < (seconds * 1_000) / TICK_MS; tick++) {
      const notes = Array.from({ length: (PER_SECOND * TICK_MS) / 1_000 }, () => ({ id: `${enqueued.length}` }));
      for (const { id } of await world.notes.enqueueAll(notes)) enqueued.push(id);
      await sleep(TICK_MS);
    }
  }
  /** p99 of the tries that are done, since the last call. */
  function p99(): number {
    const times = world.settled
      .splice(0)
      .flatMap(({ result, startedAt, endedAt }) => (result === "done" ? [endedAt - startedAt] : []));
    return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
  }

  await drive(8);
  const before = await ask([]);
  const calm = p99();
  for (const count of before) expect(count).toBeGreaterThan(20);

  await ask(BAD.map((kind) => (kind === "killed" ? undefined : kind)));
  const killed = bad[BAD.indexOf("killed")]!;
  killed.child.kill("SIGKILL");
  await once(killed.child, "exit");
  await drive(10);
  await ask();
  p99();
  await drive(8);
  const sick = await ask();
  const sickP99 = p99();
  const total = sick.reduce((sum, count) => sum + count, 0);
  for (const [index, kind] of BAD.entries()) {
    expect(sick[index], `${kind} still got ${sick[index]} of ${total}`).toBeLessThan(total * 0.02);
  }

  killed.child = (await startHost(killed.port)).child;
  await ask(BAD.map(() => "well"));
  // The longest ejection so far, and what its slow start takes, are 40 s.
  let after: number[] = [];
  for (let step = 0; step < 18 && !BAD.every((_, index) => after[index]! > 15); step++) {
    await drive(5);
    after = await ask();
  }
  for (const [index, kind] of BAD.entries()) expect(after[index], `${kind} came back`).toBeGreaterThan(15);

  await world.ended(enqueued.length, 30_000);
  await ask();
  const counts = world.counts().delivery;
  console.log({ calm, sickP99, before, sick, after, enqueued: enqueued.length, retried: counts.retried });
  expect(counts.deadLettered).toBe(0);
  // What the killed host had answered by then, it could not tell.
  const untold = enqueued.filter((id) => !done.has(id));
  expect(untold.length).toBeLessThanOrEqual(before[BAD.indexOf("killed")]! + 200);
  expect(counts.done).toBe(enqueued.length);
});
