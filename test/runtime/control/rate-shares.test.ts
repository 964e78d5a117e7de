import { expect, test } from "vitest";
import { createMemoryControlStore } from "../../../runtime/adapters/memory/memory-control-store.ts";
import { createClient } from "../../../runtime/client.ts";
import { shareRates } from "../../../runtime/control/rate-shares.ts";
import { connectMemory, createSimulatedClock } from "../../../runtime/testing/testing.ts";
import { startWorker, type Worker } from "../../../runtime/worker.ts";
import { noteContracts } from "../note-contract.ts";
import { createWorkerClocks } from "./worker-clocks.ts";

/** Workers on one topic, in virtual time, whose rate is 100 tasks a second in all. */
async function openFleet(options: { readonly rate?: { count: number; periodMs: number } } = {}) {
  const clock = createSimulatedClock(7);
  const { ports } = connectMemory(clock);
  const clocks = createWorkerClocks(clock);
  const { inTime } = clocks;
  const store = createMemoryControlStore();
  /** When tasks started, on the clock. */
  const starts: number[] = [];
  const problems: string[] = [];
  const away = new Set<number>();
  const rate = options.rate ?? { count: 100, periodMs: 1_000 };
  const { executor, client } = noteContracts({
    subscribers: { default: { rate, maxInFlight: 64 } },
    handlers: { default: () => void starts.push(clock.monotonic()) },
  });
  const notes = createClient(client);
  let workers = 0;

  return {
    clock,
    starts,
    problems,
    away,
    store,
    stand: clocks.stand,
    enqueue: (count: number) =>
      inTime(notes.enqueueAll(Array.from({ length: count }, (_, i) => ({ id: `${i}`, key: "" })))),
    async start(): Promise<Worker> {
      const number = workers++;
      const list = (prefix: string) => (away.has(number) ? Promise.reject(new Error("away")) : store.list(prefix));
      const openControlStore = async () => ({ ...store, list, close: async () => {} });
      const reportProblem = ({ message }: Error) => problems.push(message);
      return inTime(
        startWorker({
          ports: { ...ports, openControlStore, clock: clocks.of(number) },
          executors: [executor],
          reportProblem,
        }),
      );
    },
    drain: (worker: Worker) => inTime(worker.drain()),
    /** Tasks that started in the next `ms`. */
    async during(ms: number): Promise<number> {
      const before = starts.length;
      await clock.advance(ms);
      return starts.length - before;
    },
  };
}

test.each([1, 4, 8])("100 tasks a second over %i workers, within 5 %% over a minute", async (count) => {
  const fleet = await openFleet();
  await fleet.enqueue(20_000);
  for (let i = 0; i < count; i++) await fleet.start();
  await fleet.clock.advance(10_000);
  const started = await fleet.during(60_000);
  expect(started).toBeGreaterThan(5_700);
  expect(started).toBeLessThan(6_300);
});

test("workers come, go, and are killed: the rate holds all the time", async () => {
  const fleet = await openFleet();
  await fleet.enqueue(40_000);
  const workers = [await fleet.start(), await fleet.start()];
  await fleet.clock.advance(10_000);
  let total = 0;
  for (let minute = 0; minute < 3; minute++) {
    for (let i = 0; i < 3; i++) workers.push(await fleet.start());
    const first = await fleet.during(20_000);
    await fleet.drain(workers.shift()!);
    await fleet.drain(workers.shift()!);
    const second = await fleet.during(20_000);
    for (const part of [first, second]) expect(part).toBeLessThan(1.05 * 2_000);
    total += first + second + (await fleet.during(20_000));
  }
  expect(total).toBeGreaterThan(0.95 * 18_000);
  expect(total).toBeLessThan(1.05 * 18_000);
  expect(fleet.problems).toEqual([]);
});

test("a worker that has no tasks leaves the rate to those that have, and starts its first task at once", async () => {
  const fleet = await openFleet();
  for (let i = 0; i < 8; i++) await fleet.start();
  await fleet.clock.advance(10_000);
  await fleet.enqueue(1);
  await fleet.clock.advance(100);
  expect(fleet.starts).toHaveLength(1);
});

test("a store that can't be reached changes nobody's share, and is told", async () => {
  const fleet = await openFleet();
  await fleet.enqueue(20_000);
  await fleet.start();
  await fleet.start();
  await fleet.clock.advance(10_000);
  fleet.away.add(0);
  fleet.away.add(1);
  const started = await fleet.during(30_000);
  expect(started).toBeGreaterThan(0.95 * 3_000);
  expect(started).toBeLessThan(1.05 * 3_000);
  expect(fleet.problems.join()).toContain("The shares of rates can't be settled now: away");
});

test("a worker that stood still makes nothing up: others have had its share meanwhile", async () => {
  const fleet = await openFleet({ rate: { count: 600, periodMs: 60_000 } });
  await fleet.enqueue(10_000);
  await fleet.start();
  await fleet.start();
  await fleet.clock.advance(120_000);
  const goOn = fleet.stand(0);
  const alone = await fleet.during(60_000);
  const before = fleet.starts.length;
  goOn();
  const after = fleet.starts.length - before + (await fleet.during(60_000));
  expect(alone).toBeGreaterThan(0.9 * 600);
  expect(alone).toBeLessThan(1.05 * 600);
  expect(after).toBeGreaterThan(0.95 * 600);
  expect(after).toBeLessThan(1.05 * 600);
});

test.each([0, 300, 600, 900])("a rate that is lifted, and set again %i ms later, is held once", async (ms) => {
  const clock = createSimulatedClock(1);
  const store = createMemoryControlStore();
  const parts = new Map<string, number>();
  let isLimited = true;
  const start = (name: string) => {
    const rate = {
      get isLimited() {
        return isLimited;
      },
      isWanted: true,
      take: (part: number) => void parts.set(name, part),
      alive() {},
    };
    const holders = () => [{ useCase: "note", subscriber: "default", rate }];
    return shareRates({ open: async () => store, holders, clock, reportProblem: () => {} });
  };
  const first = await start("a");
  expect(parts.get("a")).toBe(1);
  isLimited = false;
  await clock.advance(3_000);
  const others = await Promise.all(["b", "c", "d"].map(start));
  await clock.advance(ms);
  isLimited = true;
  for (let passed = 0; passed < 10_000; passed += 50) {
    await clock.advance(50);
    const sum = [...parts.values()].reduce((sum, part) => sum + part, 0);
    expect(sum).toBeLessThanOrEqual(1.0001);
  }
  expect([...parts.values()].map((part) => part.toFixed(2))).toEqual(["0.25", "0.25", "0.25", "0.25"]);
  await Promise.all([first, ...others].map((sharing) => sharing.stop()));
});

test.each(["no JSON", "null", '{ "gone": null, "odd": { "share": "all" } }'])(
  "shares that can't be read (%s) are nobody's",
  async (value) => {
    const fleet = await openFleet();
    await fleet.store.put("rate/note/default", value, 0);
    await fleet.enqueue(2_000);
    await fleet.start();
    await fleet.clock.advance(3_000);
    const started = await fleet.during(10_000);
    expect(started).toBeGreaterThan(950);
    expect(started).toBeLessThan(1_050);
    expect(fleet.problems).toEqual([]);
  },
);
