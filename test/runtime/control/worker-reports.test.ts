import { expect, test } from "vitest";
import { createMemoryControlStore } from "../../../runtime/adapters/memory/memory-control-store.ts";
import {
  readWorkerReports,
  type SubscriberReport,
  tellWorkerReports,
} from "../../../runtime/control/worker-reports.ts";
import { createSimulatedClock } from "../../../runtime/testing/testing.ts";

function open() {
  const clock = createSimulatedClock(1);
  // As a store that other processes see too.
  const { watch: _, ...store } = createMemoryControlStore();
  const problems: string[] = [];
  const start = (subscribers: () => readonly SubscriberReport[]) =>
    tellWorkerReports({
      ...{ open: async () => store, useCases: ["note"], subscribers, clock },
      reportProblem: ({ message }) => problems.push(message),
    });
  return { clock, store, problems, start, reports: () => readWorkerReports(store, clock.now()) };
}

const BUSY = { useCase: "note", subscriber: "default", inFlight: 2, waiting: 1, limit: 2, binds: "limit" } as const;

test("a worker tells what it does, that it lives while it idles, and that it has gone", async () => {
  const { clock, start, reports, problems } = open();
  let now: SubscriberReport[] = [];
  const worker = start(() => now);
  await clock.advance(100);
  expect(await reports()).toMatchObject([{ useCases: ["note"], busy: [] }]);
  now = [BUSY, { ...BUSY, subscriber: "idle", inFlight: 0, waiting: 0 }];
  await clock.advance(2_000);
  expect(await reports()).toMatchObject([{ busy: [BUSY] }]);
  await clock.advance(600_000);
  expect(await reports()).toHaveLength(1);
  const stopping = worker.stop();
  await clock.advance(100);
  await stopping;
  expect(await reports()).toEqual([]);
  expect(problems).toEqual([]);
});

test("one that is silent for 30 s counts as gone, and what it left, or can't be read, is removed by another", async () => {
  const { clock, store, start, reports } = open();
  await store.put("worker/killed", JSON.stringify({ at: clock.now(), useCases: ["note"], busy: [] }), 0);
  await store.put("worker/broken", "{", 0);
  await store.put("worker/empty", "null", 0);
  expect(await reports()).toHaveLength(1);
  await clock.advance(31_000);
  expect(await reports()).toEqual([]);
  start(() => []);
  await clock.advance(60_000);
  expect(await store.list("worker/")).toHaveLength(1);
  expect(await reports()).toHaveLength(1);
});
