import { readFile } from "node:fs/promises";
import { setImmediate, setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Clock, sleep } from "../../../runtime/contract/clock.ts";
import type { Message, TaskContext } from "../../../runtime/contract/contract.ts";
import { createBatchExecution } from "../../../runtime/execution/batch-execution.ts";
import { createExecution } from "../../../runtime/execution/execution.ts";
import { outcomeOf } from "../../../runtime/execution/outcome-of.ts";
import { createSimulatedClock } from "../../../runtime/testing/testing.ts";
import { delayed } from "../scheduler/delay-store-suite.ts";

const message = (id: string): Message => ({ ...delayed(id, 0).record, position: id });

test("handlers that compute are timed one by one; of a promise only the start is read", () => {
  let nowMs = 1_000;
  const clock: Clock = { ...createSimulatedClock(1), monotonic: () => nowMs };
  const reported: unknown[] = [];
  const execution = createExecution<number>({
    // Time passes within a handler, as it does when one computes.
    handler(ms) {
      nowMs += ms;
      if (ms === 40) throw new Error("forty");
      return ms === 7 ? new Promise(() => {}) : undefined;
    },
    subscriber: "default",
    timeoutMs: 30_000,
    keepsKey: false,
    stuck: () => {},
    report: ({ id }, { kind }, startedAt, endedAt) => reported.push([id, kind, startedAt, endedAt]),
    clock,
  });
  execution.run(["a", "b", "c", "d"].map(message), [0, 400, 7, 40]);
  expect(reported).toEqual([
    ["a", "done", 1_000, 1_000],
    ["b", "done", 1_000, 1_400],
    ["d", "retry", 1_407, 1_447],
  ]);
  expect(execution.counts.running).toBe(1);
});

test("what awaits nothing but promises that are kept waited for nobody, and what awaits the event loop did", async () => {
  const waits: Record<string, () => Promise<unknown>> = {
    nothing: async () => {},
    promises: async () => {
      for (let i = 0; i < 100; i++) await null;
      throw new Error("in vain");
    },
    turn: () => setImmediate(),
    timer: () => setTimeout(1),
    file: () => readFile(import.meta.filename),
  };
  const reported: string[] = [];
  const execution = createExecution<string>({
    handler: (name) => waits[name]!(),
    ...{ subscriber: "default", timeoutMs: 30_000, keepsKey: false, stuck: () => {}, clock: createSimulatedClock(1) },
    report: ({ id }, _outcome, _startedAt, _endedAt, atOnce) => reported.push(`${id} ${atOnce}`),
  });
  const names = Object.keys(waits);
  for (const _ of [1, 2]) {
    execution.run(names.map(message), names);
    await expect.poll(() => reported.length).toBe(5);
    const expected = ["file false", "nothing true", "promises true", "timer false", "turn false"];
    expect(reported.splice(0).sort()).toEqual(expected);
  }
  // What began in another callback waited, though it ends in one in which something begins.
  let end = () => {};
  waits.other = () =>
    new Promise<void>((resolve) => {
      end = resolve;
    });
  execution.run([message("other")], ["other"]);
  await setImmediate();
  end();
  execution.run([message("nothing")], ["nothing"]);
  await expect.poll(() => reported.sort()).toEqual(["nothing true", "other false"]);
});

test("a batch waited for nobody if none of its events did", async () => {
  const answers: Readonly<Record<string, () => unknown>> = {
    "nothing, at once": () => undefined,
    nothing: async () => {},
    "nothing, event by event": async () => [Promise.resolve(), undefined],
    turn: () => setImmediate(),
    "a turn for one event": async () => [undefined, setImmediate()],
  };
  const awaited: Record<string, boolean> = {};
  for (const [name, answer] of Object.entries(answers)) {
    const execution = createBatchExecution<string>({
      handler: () => answer() as never,
      ...{ subscriber: "default", timeoutMs: 30_000, keepsKey: false, stuck: () => {}, clock: createSimulatedClock(1) },
      ...{ batch: { max: 2, withinMs: 1 }, maxRetries: 0, limit: { largest: () => 2, mayStart: () => true } },
      ended: (batch) => {
        awaited[name] = batch.awaited;
      },
      report: () => {},
    });
    const first = ["a", "b"].map((id) => ({ ...message(id), attempt: 1 }));
    execution.run(first, ["a", "b"]);
    await expect.poll(() => name in awaited).toBe(true);
  }
  expect(awaited).toEqual({
    ...{ "nothing, at once": false, nothing: false, "nothing, event by event": false },
    ...{ turn: true, "a turn for one event": true },
  });
});

/** An execution whose handler is given, in virtual time. */
function execute(handler: (id: string, task: TaskContext) => unknown, options: { keepsKey?: boolean } = {}) {
  const clock = createSimulatedClock(1);
  const reported: string[] = [];
  const stuck: string[] = [];
  const execution = createExecution<string>({
    ...{ handler, subscriber: "default", timeoutMs: 500, keepsKey: false, clock, ...options },
    report: ({ id }, outcome) => reported.push(`${id} ${outcome.kind} ${"message" in outcome ? outcome.message : ""}`),
    stuck: ({ id }) => stuck.push(id),
  });
  return { clock, reported, stuck, execution, run: (...ids: string[]) => execution.run(ids.map(message), ids) };
}

test("a signal that is first read after the timeout is aborted already, and after an abort", async () => {
  const seen: unknown[] = [];
  const { clock, run, execution } = execute(async (_, task) => {
    await sleep(clock, 600);
    seen.push(task.signal.aborted, String(task.signal.reason));
    await sleep(clock, 10_000);
  });
  run("late");
  await clock.advance(700);
  expect(seen).toEqual([true, "Error: timed out after 500 ms"]);
  run("ending");
  execution.abort("the worker is ending");
  await clock.advance(700);
  expect(seen.slice(2)).toEqual([true, "Error: the worker is ending"]);
});

test("a copy of a task is data", async () => {
  let copy: unknown;
  const { run } = execute((_, task) => {
    copy = { ...task };
  });
  run("a");
  const names = ["attempt", "dueAt", "enqueuedAt", "id", "key", "subscriber", "traceparent", "tracestate", "useCase"];
  expect(Object.keys(copy as object).sort()).toEqual(names);
  expect(copy).toMatchObject({ id: "a", subscriber: "default", attempt: 2, enqueuedAt: expect.any(Date) });
});

test("without order, a try that outlives its time is given up once its grace is over, and keeps its permit until then", async () => {
  const { clock, reported, stuck, execution, run } = execute((id) =>
    id === "heeds" ? sleep(clock, 700) : new Promise(() => {}),
  );
  run("heeds", "hangs");
  await clock.advance(600);
  expect(reported).toEqual([]);
  await clock.advance(200);
  expect(reported).toEqual(["heeds retry timed out after 500 ms"]);
  await clock.advance(300);
  expect(reported[1]).toBe("hangs retry timed out after 500 ms");
  expect(execution.counts).toMatchObject({ running: 0, stuck: 0 });
  expect(stuck).toEqual([]);
});

test("with order, a try that outlives its time ends when its handler does, as failed", async () => {
  const { clock, reported, stuck, execution, run } = execute(() => sleep(clock, 60_000), { keepsKey: true });
  run("slow");
  await clock.advance(50_000);
  expect(reported).toEqual([]);
  expect(stuck).toEqual(["slow"]);
  expect(execution.counts).toMatchObject({ running: 1, stuck: 1 });
  await clock.advance(11_000);
  expect(reported).toEqual(["slow retry timed out after 500 ms"]);
  expect(execution.counts).toMatchObject({ running: 0, stuck: 0 });
});

test("waits that a handler asks for are whole and bounded", () => {
  const retry = (afterMs: unknown) => outcomeOf({ name: "RetryError", message: "later", afterMs });
  expect(retry(0.25)).toEqual({ kind: "retry", afterMs: 1, message: "later" });
  expect(retry(Number.MAX_VALUE)).toMatchObject({ afterMs: 365 * 86_400_000 });
  for (const odd of [-1, Number.NaN, "5", undefined]) expect(retry(odd)).toEqual({ kind: "retry", message: "later" });
});
