import { expect, test } from "vitest";
import type { Clock } from "../../../runtime/clock.ts";
import type { Message } from "../../../runtime/contract.ts";
import { createExecution } from "../../../runtime/execution/execution.ts";
import { createSimulatedClock } from "../../../runtime/testing.ts";
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
    report: ({ id }, { kind }, startedAt, endedAt) => reported.push([id, kind, startedAt, endedAt]),
    clock,
  });
  execution.run(["a", "b", "c", "d"].map(message), [0, 400, 7, 40]);
  expect(reported).toEqual([
    ["a", "done", 1_000, 1_000],
    ["b", "done", 1_000, 1_400],
    ["d", "retry", 1_407, 1_447],
  ]);
  expect(execution.running).toBe(1);
});
