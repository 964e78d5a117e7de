import { expect, test } from "vitest";
import { createRate } from "../../../runtime/flow-control/rate.ts";
import { createSimulatedClock } from "../../../runtime/testing/testing.ts";

test("a bucket starts full, fills at its rate, never above its size, and says how long it takes", async () => {
  const clock = createSimulatedClock(1);
  const rate = createRate({ count: 10, periodMs: 1_000 }, clock);
  expect([rate.available(), rate.waitMs()]).toEqual([10, 0]);
  rate.take(10);
  expect([rate.available(), rate.waitMs()]).toEqual([0, 100]);
  await clock.advance(50);
  expect([rate.available(), rate.waitMs()]).toEqual([0, 50]);
  await clock.advance(250);
  expect([rate.available(), rate.waitMs()]).toEqual([3, 0]);
  await clock.advance(60_000);
  expect(rate.available()).toBe(10);
});

test("less than one a period is one, late", async () => {
  const clock = createSimulatedClock(1);
  const rate = createRate({ count: 0.5, periodMs: 1_000 }, clock);
  expect(rate.available()).toBe(1);
  rate.take(1);
  expect(rate.waitMs()).toBe(2_000);
  await clock.advance(1_999);
  expect(rate.available()).toBe(0);
  await clock.advance(1);
  expect(rate.available()).toBe(1);
});
