import { expect, test } from "vitest";
import { FivefoldError } from "../../runtime/contract/errors.ts";
import { reportSeldom } from "../../runtime/problem-reports.ts";
import { createSimulatedClock } from "../../runtime/testing/simulated-clock.ts";

test("a problem is told at once, and again once a minute with how often it came", async () => {
  const clock = createSimulatedClock(1);
  const told: FivefoldError[] = [];
  const report = reportSeldom((problem) => told.push(problem), clock);
  for (let half = 0; half < 120; half++) {
    report(new FivefoldError("not-connected", "The broker is away."));
    if (half === 7) report(new FivefoldError("storage-full", "The disk is full."));
    await clock.advance(500);
  }
  report(new FivefoldError("not-connected", "The broker is away."));
  expect(told.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    "not-connected: The broker is away. [not-connected]",
    "storage-full: The disk is full. [storage-full]",
    "not-connected: The broker is away. [not-connected] (119 times more in the last 60 s)",
  ]);
});

test("texts that never come again are not kept for good, and one that has not come for long is told as new", async () => {
  const clock = createSimulatedClock(1);
  const told: string[] = [];
  const report = reportSeldom(({ message }) => told.push(message), clock);
  for (let number = 0; number < 5_000; number++) report(new FivefoldError("storage-failed", `Task ${number} failed.`));
  expect(told).toHaveLength(5_000);
  await clock.advance(120_000);
  report(new FivefoldError("storage-failed", "Task 4999 failed."));
  expect(told.at(-1)).toBe("Task 4999 failed. [storage-failed]");
});
