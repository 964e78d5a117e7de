import { expect, test } from "vitest";
import { createMemoryControlStore } from "../../../runtime/adapters/memory/memory-control-store.ts";
import { createClient } from "../../../runtime/client.ts";
import type { TaskContext } from "../../../runtime/contract/contract.ts";
import { changeOverride } from "../../../runtime/control/overrides.ts";
import { connectMemory, createSimulatedClock } from "../../../runtime/testing/testing.ts";
import { startWorker, type Worker } from "../../../runtime/worker.ts";
import { noteContracts } from "../note-contract.ts";
import { createWorkerClocks } from "./worker-clocks.ts";

/** Workers on one topic, in virtual time, whose tasks take 100 ms on average. */
async function openFleet(total: number | null, { ordered = false, serviceMs = 100 } = {}) {
  const clock = createSimulatedClock(7);
  const { ports } = connectMemory(clock);
  const clocks = createWorkerClocks(clock);
  const { inTime } = clocks;
  const store = createMemoryControlStore();
  const problems: string[] = [];
  const away = new Set<number>();
  const seen = { inFlight: 0, most: 0, done: 0, aborted: 0, by: new Map<number, number>() };
  const { client } = noteContracts({ settings: { ordered } });
  const notes = createClient(client);
  let workers = 0;

  const executorOf = (number: number) =>
    noteContracts({
      settings: { ordered },
      subscribers: {
        default: {
          maxInFlight: 64,
          maxInFlightTotal: total,
          timeoutMs: 36_000_000,
          backoff: { minMs: 100, maxMs: 100 },
        },
      },
      handlers: {
        async default(_, task: TaskContext) {
          seen.inFlight++;
          seen.most = Math.max(seen.most, seen.inFlight);
          seen.by.set(number, (seen.by.get(number) ?? 0) + 1);
          await new Promise<void>((resolve) => {
            task.signal.addEventListener("abort", () => {
              seen.aborted++;
              resolve();
            });
            clock.after(serviceMs * (0.5 + clock.random()), resolve);
          });
          seen.inFlight--;
          seen.done++;
        },
      },
    }).executor;

  return {
    clock,
    problems,
    away,
    store,
    seen,
    stand: clocks.stand,
    enqueue: (count: number) =>
      inTime(notes.enqueueAll(Array.from({ length: count }, (_, i) => ({ id: `${i}`, key: `k${i % 200}` })))),
    async start(): Promise<Worker> {
      const number = workers++;
      const check = () => (away.has(number) ? Promise.reject(new Error("away")) : Promise.resolve());
      const list = (prefix: string) => check().then(() => store.list(prefix));
      const openControlStore = async () => ({ ...store, list, close: async () => {} });
      return inTime(
        startWorker({
          ports: { ...ports, openControlStore, clock: clocks.of(number) },
          executors: [executorOf(number)],
          reportProblem: ({ message }) => problems.push(message),
        }),
      );
    },
    drain: (worker: Worker) => inTime(worker.drain()),
    async during(ms: number): Promise<number> {
      const before = seen.done;
      await clock.advance(ms);
      return seen.done - before;
    },
  };
}

test.each([
  { total: 12, workers: 1 },
  { total: 12, workers: 8 },
  { total: 3, workers: 8 },
  { total: 1, workers: 4 },
])("$total in flight over $workers workers are never exceeded, and used", async ({ total, workers }) => {
  const fleet = await openFleet(total);
  await fleet.enqueue(total * 250);
  for (let i = 0; i < workers; i++) await fleet.start();
  await fleet.clock.advance(8_000);
  const done = await fleet.during(15_000);
  expect(fleet.seen.most).toBe(total);
  expect(done).toBeGreaterThan((total >= workers ? 0.9 : 0.8) * total * 150);
  expect(fleet.seen.by.size).toBeGreaterThanOrEqual(Math.min(workers, total + 1));
  expect(fleet.problems).toEqual([]);
});

test.each([false, true])(
  "workers come, go, and stand still: the limit holds all the time (ordered: %s)",
  async (ordered) => {
    const fleet = await openFleet(10, { ordered });
    await fleet.enqueue(7_000);
    const workers = [await fleet.start(), await fleet.start()];
    await fleet.clock.advance(5_000);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 3; i++) workers.push(await fleet.start());
      await fleet.clock.advance(10_000);
      await fleet.drain(workers.shift()!);
      await fleet.drain(workers.shift()!);
      await fleet.clock.advance(5_000);
      expect(fleet.seen.most).toBe(10);
    }
    expect(await fleet.during(5_000)).toBeGreaterThan(0.8 * 10 * 50);
    expect(fleet.seen.most).toBe(10);
    expect(fleet.seen.aborted).toBe(0);
  },
);

test("a batch is no larger than the share of its process, and starts once it has that", async () => {
  const clock = createSimulatedClock(1);
  const { ports } = connectMemory(clock);
  const sizes: number[] = [];
  const { executor, client } = noteContracts({
    subscribers: { default: { maxInFlight: 64, maxInFlightTotal: 4, batch: { max: 10, withinMs: 3_600_000 } } },
    batchHandlers: { default: (events: readonly unknown[]) => void sizes.push(events.length) },
  });
  const store = createMemoryControlStore();
  const starting = startWorker({ ports: { ...ports, openControlStore: async () => store }, executors: [executor] });
  void createClient(client).enqueueAll(Array.from({ length: 12 }, (_, i) => ({ id: `${i}` })));
  await clock.advance(10_000);
  expect(sizes).toEqual([4, 4, 4]);
  await starting;
});

test("what idles is another's within two seconds, and a first task starts at once", async () => {
  const fleet = await openFleet(8);
  for (let i = 0; i < 4; i++) await fleet.start();
  await fleet.clock.advance(10_000);
  await fleet.enqueue(1);
  await fleet.clock.advance(20);
  expect(fleet.seen.inFlight).toBe(1);
});

test("the share of one that is gone is the others' after 16 s and a look, not before", async () => {
  const fleet = await openFleet(8, { serviceMs: 3_600_000 });
  await fleet.start();
  await fleet.start();
  await fleet.clock.advance(3_000);
  await fleet.enqueue(100);
  await fleet.clock.advance(5_000);
  expect(fleet.seen.inFlight).toBe(8);
  const before = fleet.seen.by.get(1)!;
  fleet.stand(0);
  await fleet.clock.advance(15_000);
  expect(fleet.seen.by.get(1)).toBe(before);
  await fleet.clock.advance(4_000);
  expect(fleet.seen.by.get(1)).toBeGreaterThan(before);
});

test("one that stood still starts nothing more when it goes on, and ends what runs", async () => {
  const fleet = await openFleet(8, { serviceMs: 3_600_000 });
  await fleet.start();
  await fleet.start();
  await fleet.clock.advance(3_000);
  await fleet.enqueue(100);
  await fleet.clock.advance(5_000);
  const goOn = fleet.stand(0);
  await fleet.clock.advance(25_000);
  const before = fleet.seen.by.get(0)!;
  goOn();
  await fleet.clock.advance(1_000);
  expect(fleet.seen.aborted).toBe(before);
  expect(fleet.seen.inFlight).toBeLessThanOrEqual(8);
});

test("while the store can't be reached nothing more is started after 8 s, and it goes on once it can", async () => {
  const fleet = await openFleet(8);
  await fleet.enqueue(4_000);
  await fleet.start();
  await fleet.start();
  await fleet.clock.advance(5_000);
  fleet.away.add(0);
  fleet.away.add(1);
  await fleet.clock.advance(9_000);
  expect(await fleet.during(5_000)).toBe(0);
  expect(fleet.problems.join()).toContain("over all processes can't be settled now: away");
  fleet.away.clear();
  await fleet.clock.advance(3_000);
  expect(await fleet.during(5_000)).toBeGreaterThan(0.85 * 8 * 50);
  expect(fleet.seen.most).toBe(8);
  expect(fleet.seen.aborted).toBe(0);
});

test("an operator sets, lowers and lifts it", async () => {
  const fleet = await openFleet(null);
  await fleet.enqueue(6_000);
  const workers = [await fleet.start(), await fleet.start()];
  await fleet.clock.advance(2_000);
  expect(fleet.seen.inFlight).toBeGreaterThan(16);
  const place = { useCase: "note", subscriber: "default" };
  const set = (maxInFlightTotal: number | null | undefined) =>
    changeOverride(fleet.store, place, { maxInFlightTotal }, { by: "test", at: 0 });
  for (const total of [12, 3, 6]) {
    await set(total);
    await fleet.clock.advance(4_000);
    fleet.seen.most = 0;
    await fleet.clock.advance(1_000);
    expect(fleet.seen.most).toBe(total);
  }
  expect(workers[0]!.counts().note!.default!.flowControl.binds).toBe("total");
  await set(undefined);
  await fleet.clock.advance(2_000);
  expect(fleet.seen.inFlight).toBeGreaterThan(16);
  expect(await fleet.store.list("permits/")).toEqual([]);
});

test.each(["no JSON", "null", '{ "gone": null, "odd": { "share": "all" } }'])(
  "shares that can't be read (%s) are nobody's",
  async (value) => {
    const fleet = await openFleet(4);
    await fleet.store.put("permits/note/default", value, 0);
    await fleet.enqueue(500);
    await fleet.start();
    await fleet.clock.advance(5_000);
    expect(fleet.seen.most).toBe(4);
    expect(fleet.problems).toEqual([]);
  },
);
