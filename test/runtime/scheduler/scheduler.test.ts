import { expect, test } from "vitest";
import type { Message } from "../../../runtime/contract/contract.ts";
import type { Delayed } from "../../../runtime/scheduler/delay-store.ts";
import { createScheduler } from "../../../runtime/scheduler/scheduler.ts";
import { createSimulatedClock, type SimulatedClock } from "../../../runtime/testing/simulated-clock.ts";
import { record } from "../../transport/records.ts";

/** A scheduler on a consumer whose `receive` is given. */
function openSchedulerOn(receive: (clock: SimulatedClock) => () => Promise<readonly Message[]>, failures = 0) {
  const clock = createSimulatedClock(1);
  const started: [id: string, atMs: number][] = [];
  const delayed: Delayed[] = [];
  const acknowledged: string[] = [];
  const problems: string[] = [];
  const asked: string[] = [];
  let left = failures;
  const openedAt = clock.now();
  const scheduler = createScheduler({
    consumer: {
      receive: receive(clock),
      async acknowledge(settled) {
        if (left-- > 0) throw new Error("the broker is away");
        acknowledged.push(...settled.map(({ id }) => id));
      },
      negativeAcknowledge() {},
      async close() {},
    },
    topic: "t",
    subscription: "s",
    maxPerKey: 0,
    ordered: false,
    maxHeld: () => 100,
    givesBackInOrder: true,
    async delay(records) {
      delayed.push(...records);
    },
    async outdated(tasks) {
      if (left-- > 0) throw new Error("the store is away");
      const ids = tasks.map(({ id }) => id);
      asked.push(...ids);
      return new Set(ids.filter((id) => cancelled.has(id)));
    },
    start: (tasks) => started.push(...tasks.map(({ id }): [string, number] => [id, clock.now() - openedAt])),
    clock,
    reportProblem: ({ message }) => (failures > 0 ? problems.push(message) : expect.fail(message)),
  });
  scheduler.run();
  return { clock, scheduler, started, delayed, acknowledged, problems, asked };
}

/** Of what comes. */
const cancelled = new Set<string>();

/** A scheduler that is handed what `bring` is given, once. */
function openScheduler(bring: (nowMs: number) => readonly Partial<Message>[], failures = 0) {
  return openSchedulerOn((clock) => {
    let messages = bring(clock.now()).map((parts, index) => ({ ...record(`${index}`), position: index, ...parts }));
    return () => {
      const brought = messages;
      messages = [];
      return brought.length > 0 ? Promise.resolve(brought) : new Promise(() => {});
    };
  }, failures);
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

test("what can't be acknowledged is so later: what is for others, and what was put off", async () => {
  const { clock, acknowledged, delayed, problems, scheduler } = openScheduler(
    (now) => [{ subscription: "another" }, { dueAt: now + 60_000 }],
    3,
  );
  await clock.advance(10_000);
  expect(acknowledged.sort()).toEqual(["0", "1"]);
  expect(delayed).toHaveLength(1);
  expect(problems).toHaveLength(3);
  expect(problems[0]).toContain("can't be acknowledged now for 't' (s), and are kept: the broker is away");
  scheduler.stop();
});

test("what comes again once it is due, since its worker died, starts unless it was cancelled meanwhile", async () => {
  cancelled.add("1");
  for (const failures of [0, 2]) {
    const { clock, started, acknowledged, asked } = openScheduler(
      (now) => [
        {},
        { dueAt: now - 5 },
        { dueAt: now - 5 },
        // What the delay store has fired, or a try has failed, was looked at there.
        { dueAt: now - 5, subscription: "s" },
        { dueAt: now - 5, attempt: 2 },
      ],
      failures,
    );
    await clock.advance(5_000);
    expect(started.map(([id]) => id)).toEqual(["0", "2", "3", "4"]);
    expect(acknowledged).toEqual(["1"]);
    expect(asked).toEqual(["1", "2"]);
  }
  cancelled.clear();
});

test("what comes due while it is looked up which others are cancelled is put off, not started unasked", async () => {
  const { clock, started, delayed } = openScheduler((now) => [{ dueAt: now - 5 }, { dueAt: now + 300 }], 2);
  await clock.advance(5_000);
  expect(started.map(([id]) => id)).toEqual(["0"]);
  expect(delayed.map(({ record }) => record.id)).toEqual(["1"]);
});
