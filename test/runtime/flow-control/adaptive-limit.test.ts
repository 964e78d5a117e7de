import { expect, test } from "vitest";
import { createAdaptiveLimit } from "../../../runtime/flow-control/adaptive-limit.ts";
import { openWorld } from "../world.ts";

/* How it finds capacity is in test/simulation/flow-control. */

function limitOf(max: number) {
  let at = 0;
  const limit = createAdaptiveLimit({ max, now: () => 1_700_000_000_000 + at });
  return {
    limit,
    /** Tasks that end one after another, as many in flight as may be; the highest limit meanwhile. */
    tasks(count: number, durationMs: number) {
      let most = 0;
      for (let i = 0; i < count; i++) {
        at += durationMs / limit.current();
        limit.reached();
        limit.observe(durationMs, at);
        most = Math.max(most, limit.current());
      }
      return most;
    },
    pass(ms: number) {
      at += ms;
    },
    refuse(count: number) {
      for (let i = 0; i < count; i++) {
        at += 1;
        limit.refused(at);
      }
    },
  };
}

test("it starts small, and grows to its ceiling while tasks take as long as before", () => {
  const { limit, tasks } = limitOf(100);
  expect(limit.current()).toBe(16);
  tasks(5_000, 20);
  expect(limit.current()).toBe(100);
});

test("it grows no further than is used", () => {
  const { limit } = limitOf(100);
  for (let i = 0; i < 5_000; i++) limit.observe(20, i);
  expect(limit.current()).toBe(16);
});

test("a ceiling below its start is its start", () => {
  expect(limitOf(3).limit.current()).toBe(3);
});

test("one refusal of a hundred is borne, and more cut it, but not below 8", () => {
  const { limit, tasks, refuse } = limitOf(64);
  tasks(2_000, 20);
  expect(limit.current()).toBe(64);
  refuse(3);
  expect(limit.current()).toBe(64);
  refuse(40);
  expect(limit.current()).toBeLessThan(50);
  refuse(10_000);
  expect(limit.current()).toBe(8);
});

test("a service that has become slower is told from a queue: it comes back", () => {
  const { tasks } = limitOf(64);
  tasks(2_000, 20);
  tasks(500, 200);
  expect(tasks(2_000, 200)).toBe(64);
});

test.each([2, 4, 6])("so it does from a ceiling of %i, where it can fall to 1", (max) => {
  const { tasks } = limitOf(max);
  tasks(500, 20);
  tasks(500, 200);
  expect(tasks(500, 200)).toBe(max);
});

test("a service that becomes slower while the limit is 1 does not keep it there", () => {
  const { limit, tasks } = limitOf(8);
  tasks(500, 20);
  // Three times as slow each time, until no cut is left.
  for (const durationMs of [60, 180]) tasks(40, durationMs);
  tasks(40, 2_000);
  expect(limit.current()).toBeLessThan(8);
  expect(tasks(800, 2_000)).toBe(8);
});

test.each([
  ["passes while no task ends", 60_000],
  ["jumps back", -3_600_000],
])("it holds back for a moment every 15 s, and no longer where time %s", (_, ms) => {
  const { limit, tasks, pass } = limitOf(64);
  tasks(2_000, 20);
  expect(limit.current()).toBe(64);
  pass(15_000);
  tasks(16, 20);
  expect(limit.current()).toBe(32);
  pass(ms);
  expect(limit.current()).toBe(64);
});

test("an operator's limit holds in place of its own, above the ceiling too", () => {
  const { limit } = limitOf(64);
  limit.override(200);
  expect(limit.current()).toBe(200);
  limit.override(undefined);
  expect(limit.current()).toBe(16);
});

test("a worker finds what the service that its handler calls takes at once", async () => {
  const SLOTS = 6;
  const line: (() => void)[] = [];
  let busy = 0;
  let inFlight = 0;
  let most = 0;
  let done = 0;
  const call = () =>
    new Promise<void>((resolve) => {
      const serve = () => {
        busy++;
        world.clock.after(40 + 20 * world.clock.random(), () => {
          busy--;
          line.shift()?.();
          resolve();
        });
      };
      if (busy < SLOTS) serve();
      else line.push(serve);
    });
  const world = await openWorld({
    subscribers: { default: { maxInFlight: 64 } },
    handlers: {
      default: async () => {
        most = Math.max(most, ++inFlight);
        await call();
        inFlight--;
        done++;
      },
    },
  });
  await world.inTime(world.notes.enqueueAll(Array.from({ length: 4_000 }, (_, i) => ({ id: `${i}` }))));
  await world.clock.advance(5_000);
  most = 0;
  const before = done;
  await world.clock.advance(5_000);
  // At 50 ms a task, six slots do 120 a second.
  expect(done - before).toBeGreaterThan(0.95 * 600);
  expect(most).toBeGreaterThanOrEqual(SLOTS);
  expect(most).toBeLessThan(3 * SLOTS);
  await world.clock.advance(60_000);
  expect(done).toBe(4_000);
  await world.close();
});

test("handlers that wait for nothing are given all that the ceiling allows", async () => {
  const batches: number[] = [];
  const world = await openWorld({
    subscribers: { default: { maxInFlight: 64 } },
    handlers: { default: () => void batches.push(world.worker.counts().note!.default!.flowControl.limit) },
  });
  await world.inTime(world.notes.enqueueAll(Array.from({ length: 2_000 }, (_, i) => ({ id: `${i}` }))));
  await world.clock.advance(1_000);
  expect(batches).toHaveLength(2_000);
  expect(batches.at(-1)).toBe(64);
  await world.close();
});
