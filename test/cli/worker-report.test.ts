import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTaskReporter, type WorkerReport } from "../../cli/worker/worker-report.ts";
import type { Message, Settled } from "../../runtime/runtime.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const GREET = { useCase: "greet", subscriber: "default" };

function settled(count: number, result: Settled["result"] = "done"): Settled[] {
  const message: Message = {
    id: "t1",
    useCase: "greet",
    version: 1,
    enqueuedAt: 999_000,
    dueAt: 999_990,
    key: "",
    attempt: 2,
    priority: "normal",
    tenant: "",
    dedupeId: "",
    traceparent: "",
    subscription: "",
    payload: new Uint8Array(),
    position: null,
  };
  const outcome = result === "done" ? ({ kind: "done" } as const) : ({ kind: "retry", message: "refused" } as const);
  return Array.from({ length: count }, () => ({ message, outcome, result, startedAt: 0, endedAt: 0 }));
}

function watched() {
  const reports: WorkerReport[] = [];
  return { reports, ...createTaskReporter((report) => reports.push(report)) };
}

test("few tasks are told one by one, with the time since they were due and why they failed", () => {
  const { reports, observe } = watched();
  observe(GREET, [...settled(1), ...settled(1, "retried")]);
  const task = { ...GREET, id: "t1", attempt: 2, latencyMs: 10 };
  expect(reports).toEqual([
    { kind: "task", task: { ...task, result: "done" } },
    { kind: "task", task: { ...task, result: "retried", message: "refused" } },
  ]);
  vi.advanceTimersByTime(5_000);
  expect(reports).toHaveLength(2);
});

test("many are told as counts a second, none twice and none not at all", () => {
  const { reports, observe } = watched();
  observe(GREET, settled(50_000));
  observe({ ...GREET, subscriber: "audit" }, settled(3, "dead-lettered"));
  expect(reports).toHaveLength(20);
  vi.advanceTimersByTime(1_000);
  const counts = { done: 0, retried: 0, deadLettered: 0, slowestMs: 10 };
  expect(reports.slice(20)).toEqual([
    {
      kind: "tasks",
      tasks: [
        { ...counts, ...GREET, done: 49_980 },
        { ...counts, useCase: "greet", subscriber: "audit", deadLettered: 3 },
      ],
    },
  ]);
});

test("a rush that goes on is told as counts alone, and the first calm second ends it", () => {
  const { reports, observe } = watched();
  for (let second = 0; second < 3; second++) {
    observe(GREET, settled(100));
    vi.advanceTimersByTime(1_000);
  }
  observe(GREET, settled(2));
  vi.advanceTimersByTime(1_000);
  observe(GREET, settled(1));
  expect(reports.map(({ kind }) => kind)).toEqual([...Array(20).fill("task"), ...Array(4).fill("tasks"), "task"]);
  vi.advanceTimersByTime(60_000);
  expect(reports).toHaveLength(25);
});

test("what is counted when the worker ends is told then", () => {
  const { reports, observe, flush } = watched();
  observe(GREET, settled(30));
  flush();
  expect(reports).toHaveLength(21);
  expect(reports[20]).toMatchObject({ kind: "tasks", tasks: [{ done: 10 }] });
  flush();
  vi.advanceTimersByTime(60_000);
  expect(reports).toHaveLength(21);
});
