import { expect, test } from "vitest";
import type { Message, RateSettings } from "../../../runtime/contract/contract.ts";
import { createRetryBudget } from "../../../runtime/flow-control/retry-budget.ts";
import { createSimulatedClock } from "../../../runtime/testing/testing.ts";

const firsts = (count: number) => tries(count, 1);
const tries = (count: number, attempt: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `${attempt}-${i}`, attempt }) as unknown as Message);

function open({ percent = 20, atLeast = { count: 1, periodMs: 1_000 } as RateSettings, over = "" } = {}) {
  const clock = createSimulatedClock(1);
  const putOff: { id: string; afterMs: number }[] = [];
  const budget = createRetryBudget({
    settings: { percent, atLeast },
    isOver: ({ id }) => id === over,
    putOff: ({ id }, afterMs) => void putOff.push({ id, afterMs }),
    clock,
  });
  return { budget, clock, putOff };
}

test("retries are a part of the first tries, and so many more as may start whatever starts", () => {
  const { budget, putOff } = open();
  expect(budget.pass(firsts(100))).toHaveLength(100);
  expect(budget.pass(tries(50, 2))).toHaveLength(21);
  expect(putOff).toHaveLength(29);
  expect(budget.waiting).toBe(29);
});

test("without first tries, one a second starts, and they come back one after another", async () => {
  const { budget, clock, putOff } = open();
  budget.pass(tries(5, 2));
  expect(putOff.map(({ afterMs }) => afterMs)).toEqual([1_000, 2_000, 3_000, 4_000]);
  let passed = 0;
  for (let second = 0; second < 60; second++) {
    await clock.advance(1_000);
    passed += budget.pass(tries(5, 2)).length;
  }
  expect(passed).toBe(60);
});

test("those that start are at most the part of the first tries of the 10 s before each, and the floor", async () => {
  const { budget, clock } = open({ percent: 10 });
  const events: { at: number; first: number; retries: number }[] = [];
  for (let step = 0; step < 1_000; step++) {
    const burst = clock.random() < 0.02 ? 500 : Math.floor(clock.random() * 3);
    const first = budget.pass(firsts(burst)).length;
    const retries = budget.pass(tries(Math.floor(clock.random() * 50), 3)).length;
    events.push({ at: clock.monotonic(), first, retries });
    await clock.advance(clock.random() * 100);
  }
  let checked = 0;
  for (const { at } of events) {
    const sum = (name: "first" | "retries", ms: number) =>
      events.filter((one) => one.at > at - ms && one.at <= at).reduce((all, one) => all + one[name], 0);
    expect(sum("retries", 10_000)).toBeLessThanOrEqual(0.1 * sum("first", 20_000) + 10 + 1);
    checked += sum("retries", 10_000);
  }
  expect(checked).toBeGreaterThan(10_000);
});

test("retries that are done give back what they took, so that all may start once they succeed", () => {
  const { budget } = open();
  for (let round = 0; round < 20; round++) {
    const passed = budget.pass(tries(1, 2)).length;
    expect(passed).toBe(1);
    budget.done(passed);
  }
  budget.pass(firsts(50));
  const ten = budget.pass(tries(40, 2)).length;
  budget.done(ten);
  expect(budget.pass(tries(40, 2)).length).toBe(ten);
});

test("what is put off comes back within 30 s, spread out, and is known by name until then", async () => {
  const { budget, clock, putOff } = open({ percent: 0, atLeast: { count: 1, periodMs: 3_600_000 } });
  budget.pass(tries(1_000, 2));
  expect(putOff).toHaveLength(999);
  for (const { afterMs } of putOff) expect(afterMs).toBeLessThanOrEqual(30_000);
  expect(new Set(putOff.map(({ afterMs }) => afterMs)).size).toBeGreaterThan(500);
  expect(budget.find("2-0")).toBeUndefined();
  expect(budget.find("2-5")).toMatchObject({ state: "retry-budget", attempt: 2 });
  await clock.advance(30_001);
  expect(budget.find("2-5")).toBeUndefined();
  expect(budget.waiting).toBe(0);
});

test("what won't run any more passes, and takes nothing", () => {
  const { budget } = open({ percent: 0, over: "2-1" });
  expect(budget.pass(tries(3, 2)).map(({ id }) => id)).toEqual(["2-0", "2-1"]);
});
