import { expect, test } from "vitest";
import type { TaskContext } from "../../runtime/contract/contract.ts";
import type { Note } from "./note-contract.ts";
import { openWorld } from "./world.ts";

/** A worker whose service is down until it is told otherwise. */
async function openDown(ordered: boolean, deadlineMs = 0) {
  const started: { id: string; attempt: number; at: number }[] = [];
  let down = true;
  const world = await openWorld({
    settings: { ordered },
    subscribers: {
      default: {
        ...{ maxInFlight: 64, maxRetries: 1_000, deadlineMs, backoff: { minMs: 100, maxMs: 100 } },
        retryBudget: { percent: 20, atLeast: { count: 2, periodMs: 1_000 } },
      },
    },
    handlers: {
      async default({ id }: Note, { attempt }: TaskContext) {
        started.push({ id, attempt, at: world.clock.monotonic() });
        if (down) throw new Error("down");
      },
    },
  });
  return {
    ...world,
    started,
    up() {
      down = false;
    },
    send: (count: number) =>
      world.inTime(
        world.notes.enqueueAll(
          Array.from({ length: count }, (_, i) => ({ id: `${started.length}-${i}`, key: `k${i % 50}` })),
        ),
      ),
    counts: () => world.worker.counts().note!.default!,
  };
}

test.each([
  { ordered: false, name: "unordered" },
  { ordered: true, name: "ordered" },
])(
  "while a service is down, retries keep to their budget; once it is up, all are done ($name)",
  async ({ ordered }) => {
    const world = await openDown(ordered);
    const receipts = await world.send(500);
    await world.clock.advance(60_000);
    const firsts = world.started.filter(({ attempt }) => attempt === 1).length;
    const retries = world.started.length - firsts;
    expect(firsts).toBe(ordered ? 50 : 500);
    expect(retries).toBeLessThanOrEqual(0.2 * firsts + 60 * 2 + 2);
    expect(retries).toBeGreaterThan(60 * 2 * 0.9);
    expect(world.counts().flowControl.binds).toBe("retry-budget");
    expect(world.counts().flowControl.inFlight).toBe(0);
    expect(world.counts().flowControl.retriesHeldBack).toBeGreaterThan(0);
    expect(receipts).toHaveLength(500);

    world.up();
    await world.clock.advance(65_000);
    expect(world.counts().delivery.done).toBe(500);
    expect(world.counts().flowControl.binds).toBeUndefined();
    expect(new Set(world.started.map(({ id }) => id)).size).toBe(500);
    await world.close();
  },
);

test("first tries go on while retries wait, and what is held back takes nobody's room", async () => {
  const world = await openDown(false);
  await world.send(1_000);
  await world.clock.advance(2_000);
  world.up();
  const before = world.started.length;
  await world.send(300);
  await world.clock.advance(1_000);
  const firsts = world.started.slice(before).filter(({ attempt }) => attempt === 1);
  expect(firsts).toHaveLength(300);
  await world.close();
});

test("a task whose deadline passes while it waits for the budget is given up then", async () => {
  const world = await openDown(false, 5_000);
  await world.send(100);
  await world.clock.advance(40_000);
  expect(world.counts().delivery.deadLetters.deadline).toBe(100);
  await world.close();
});
