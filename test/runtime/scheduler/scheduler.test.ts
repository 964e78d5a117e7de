import { expect, test } from "vitest";
import type { Message } from "../../../runtime/contract.ts";
import type { Delayed } from "../../../runtime/scheduler/delay-store.ts";
import { createScheduler } from "../../../runtime/scheduler/scheduler.ts";
import { createSimulatedClock, type SimulatedClock } from "../../../runtime/simulated-clock.ts";
import { record } from "../../transport/records.ts";

/** A scheduler on a consumer whose `receive` is given. */
function openSchedulerOn(receive: (clock: SimulatedClock) => () => Promise<readonly Message[]>) {
  const clock = createSimulatedClock(1);
  const started: [id: string, atMs: number][] = [];
  const delayed: Delayed[] = [];
  const acknowledged: string[] = [];
  const openedAt = clock.now();
  const scheduler = createScheduler({
    consumer: {
      receive: receive(clock),
      async acknowledge(settled) {
        acknowledged.push(...settled.map(({ id }) => id));
      },
      negativeAcknowledge() {},
      async close() {},
    },
    topic: "t",
    subscription: "s",
    ordered: false,
    maxHeld: 100,
    givesBackInOrder: true,
    async delay(records) {
      delayed.push(...records);
    },
    start: (tasks) => started.push(...tasks.map(({ id }): [string, number] => [id, clock.now() - openedAt])),
    clock,
    reportProblem: (problem) => expect.fail(problem.message),
  });
  scheduler.run();
  return { clock, scheduler, started, delayed, acknowledged };
}

/** A scheduler that is handed what `bring` is given, once. */
function openScheduler(bring: (nowMs: number) => readonly Partial<Message>[]) {
  return openSchedulerOn((clock) => {
    let messages = bring(clock.now()).map((parts, index) => ({ ...record(`${index}`), position: index, ...parts }));
    return () => {
      const brought = messages;
      messages = [];
      return brought.length > 0 ? Promise.resolve(brought) : new Promise(() => {});
    };
  });
}

test("what a transport hands out a little early starts on time, and what far too early is put off", async () => {
  const { clock, scheduler, started, delayed, acknowledged } = openScheduler((now) => [
    {},
    { notBefore: now - 5 },
    { notBefore: now + 900 },
    { notBefore: now + 60_000, subscription: "s" },
    { notBefore: now + 10, dueAt: now + 60_000 },
    { notBefore: now + 900, subscription: "another" },
  ]);
  const openedAt = clock.now();
  await clock.advance(899);
  expect(started.map(([id]) => id)).toEqual(["0", "1"]);
  await clock.advance(120_000);
  expect(started).toEqual([
    ["0", 0],
    ["1", 0],
    ["2", 900],
  ]);
  expect(delayed.map(({ record: { id }, dueAt }) => [id, dueAt - openedAt])).toEqual([
    ["3", 60_000],
    ["4", 60_000],
  ]);
  // The store keeps records: what only their way here has goes with it.
  expect(Object.keys(delayed[0]!.record)).not.toContain("notBefore");
  expect(acknowledged.sort()).toEqual(["3", "4", "5"]);
  scheduler.stop();
});

test("what waits here for its time does not start in a process that ends", async () => {
  const { clock, scheduler, started, acknowledged } = openScheduler((now) => [{ notBefore: now + 900 }]);
  await clock.advance(100);
  scheduler.stop();
  await clock.advance(10_000);
  expect(started).toEqual([]);
  expect(acknowledged).toEqual([]);
});

test("a consumer that is closed is asked no more", async () => {
  let calls = 0;
  const { clock } = openSchedulerOn(() => async () => {
    calls += 1;
    // Asked again at once for ever, nothing else would ever run.
    return calls < 100 ? [] : new Promise(() => {});
  });
  await clock.advance(10_000);
  expect(calls).toBe(1);
});
