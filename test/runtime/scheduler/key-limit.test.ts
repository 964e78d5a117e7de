import { expect, test } from "vitest";
import { sleep } from "../../../runtime/contract/clock.ts";
import { createKeyLimit } from "../../../runtime/scheduler/key-limit.ts";
import { record } from "../../transport/records.ts";
import { openWorld } from "../world.ts";

const messages = (...keys: string[]) => keys.map((key, i) => ({ ...record(`${key}${i}`, { key }), position: i }));

test("so many of a key run, others take their places as they end, and other keys pass", () => {
  const limit = createKeyLimit(2);
  const all = messages("a", "a", "a", "b", "a");
  const [first, second, third, other, last] = all;
  expect(limit.enter(all)).toEqual([first, second, other]);
  expect(limit.find("a4")).toEqual({ message: last, ahead: 3 });
  expect(limit.leave([other!])).toEqual([]);
  expect(limit.leave([second!, first!])).toEqual([third, last]);
  expect(limit.leave([third!, last!])).toEqual([]);
  expect(limit.find("a4")).toBeUndefined();
  expect(limit.enter(messages("a", "a"))).toHaveLength(2);
});

test("a hot key neither takes more than its limit nor keeps others from starting; retries let others of it pass", async () => {
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  const started: string[] = [];
  const failed = new Set<string>();
  const world = await openWorld({
    settings: { maxInFlightPerKey: 2 },
    subscribers: { default: { maxInFlight: 8, backoff: { minMs: 60_000, maxMs: 60_000 } } },
    handlers: {
      async default({ id, key = "" }) {
        started.push(id);
        running.set(key, (running.get(key) ?? 0) + 1);
        most.set(key, Math.max(most.get(key) ?? 0, running.get(key)!));
        await sleep(world.clock, 1_000);
        running.set(key, running.get(key)! - 1);
        if (id === "hot 0" && !failed.has(id)) {
          failed.add(id);
          throw new Error("not yet");
        }
      },
    },
  });
  const hot = Array.from({ length: 500 }, (_, i) => ({ id: `hot ${i}`, key: "hot" }));
  const others = Array.from({ length: 6 }, (_, i) => ({ id: `cold ${i}`, key: `cold ${i}` }));
  await world.inTime(world.notes.enqueueAll([...hot, ...others]));
  await world.clock.advance(1_500);
  // The window of 16 is full of a hot key's tasks at first sight: those behind its limit are not counted.
  expect(started.filter((id) => id.startsWith("cold"))).toHaveLength(6);
  await world.clock.advance(30_000);
  expect(started.filter((id) => id === "hot 0")).toHaveLength(1);
  expect(started.length).toBeGreaterThan(50);
  await world.clock.until(() => started.length === 507, 500_000);
  await world.clock.advance(1_500);
  expect(Object.fromEntries(most)).toMatchObject({ hot: 2, "cold 0": 1 });
  expect(world.worker.counts().note?.default?.delivery).toMatchObject({ done: 506, retried: 1 });
  await world.close();
});

test("a try that runs on after its time keeps its place, since it still runs", async () => {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const world = await openWorld({
    settings: { maxInFlightPerKey: 1 },
    subscribers: { default: { timeoutMs: 1_000, maxRetries: 0 } },
    handlers: {
      default: ({ id }) => {
        started.push(id);
        return new Promise<void>((resolve) => ends.set(id, resolve));
      },
    },
  });
  await world.inTime(world.notes.enqueueAll(["a", "b"].map((id) => ({ id, key: "k" }))));
  await world.clock.advance(60_000);
  expect(started).toEqual(["a"]);
  ends.get("a")!();
  await world.clock.until(() => started.length === 2, 10_000);
  ends.get("b")!();
  await world.close();
});
