import { expect, test } from "vitest";
import type { Message, Outcome } from "../../../runtime/contract/contract.ts";
import { createFailureLog, type FailureLine } from "../../../runtime/metrics/failure-log.ts";
import type { Pipeline, Settled } from "../../../runtime/pipeline/pipeline.ts";
import { createSimulatedClock } from "../../../runtime/testing/simulated-clock.ts";

const PIPELINE = { useCase: "greet", subscriber: "mail" } as Pipeline;
const OTHER = { useCase: "greet", subscriber: "push" } as Pipeline;

function settled(id: string, outcome: Outcome, result: Settled["result"], attempt = 1): Settled {
  return { message: { id, attempt } as Message, outcome, result, startedAt: 1_000, endedAt: 1_012.4 };
}

const failed = (id: string, message = "no") => settled(id, { kind: "retry", message }, "retried");

function createLog() {
  const clock = createSimulatedClock(1);
  const lines: FailureLine[] = [];
  const log = createFailureLog({ clock, write: (line) => lines.push(JSON.parse(line) as FailureLine) });
  return { clock, lines, log, observe: log.observer.settled! };
}

test("a failed try is one line, whatever stands in its error", () => {
  const { lines, observe } = createLog();
  observe(PIPELINE, [
    settled("a", { kind: "done" }, "done"),
    settled("b", { kind: "retry", message: 'first "line"\nsecond\u2028' }, "retried", 3),
    settled("c", { kind: "reject", reason: "rejected", message: "gone" }, "dead-lettered"),
  ]);
  expect(lines).toMatchObject([
    {
      event: "task-failed",
      useCase: "greet",
      subscriber: "mail",
      task: "b",
      try: 3,
      durationMs: 12,
      result: "retried",
      error: 'first "line"\nsecond\u2028',
    },
    { event: "task-failed", task: "c", result: "dead-lettered", error: "gone" },
  ]);
  expect(lines[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test("ten lines a second and subscriber are written, the rest is counted, and another subscriber has its own ten", async () => {
  const { clock, lines, observe } = createLog();
  observe(
    PIPELINE,
    Array.from({ length: 5_000 }, (_, at) => failed(`t${at}`, `error ${at}`)),
  );
  observe(OTHER, [failed("other")]);
  expect(lines.filter(({ subscriber }) => subscriber === "mail")).toHaveLength(10);
  expect(lines.at(-1)).toMatchObject({ subscriber: "push", task: "other" });
  await clock.advance(1_000);
  expect(lines.at(-1)).toMatchObject({ event: "tasks-failed", subscriber: "mail", count: 4_990, error: "error 4999" });
  observe(PIPELINE, [failed("next")]);
  expect(lines.at(-1)).toMatchObject({ task: "next" });
  await clock.advance(10_000);
  expect(lines.at(-1)).toMatchObject({ task: "next" });
});

test("what is counted is told at the end", () => {
  const { lines, log, observe } = createLog();
  observe(
    PIPELINE,
    Array.from({ length: 11 }, (_, at) => failed(`t${at}`)),
  );
  log.close();
  expect(lines.at(-1)).toMatchObject({ event: "tasks-failed", count: 1 });
  observe(PIPELINE, [failed("late")]);
  expect(lines).toHaveLength(11);
});
