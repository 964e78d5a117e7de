import { expect, test } from "vitest";
import { systemClock } from "../../../runtime/contract/clock.ts";
import type { Message } from "../../../runtime/contract/contract.ts";
import { createDispatcher } from "../../../runtime/release/dispatcher.ts";
import type { Link } from "../../../runtime/release/link.ts";
import { noteContracts } from "../note-contract.ts";

const RELEASE = { steps: [50, 100], errorPoints: 1, slowerPercent: 25, stepMs: 60_000 };

test.each([
  ["with order a task's key decides who runs it", true, "customer-1"],
  // Keys may be there for another purpose: to be fair, or to bound what is in flight.
  ["without order its key decides nothing, so that the share is exact", false, ""],
])("%s", (_, ordered, drawnBy) => {
  const { settings } = noteContracts({ settings: { ordered, release: RELEASE } }).client;
  const keys: string[] = [];
  const dispatcher = createDispatcher({
    useCase: settings,
    subscriber: settings.subscribers[0]!,
    releasesOf: () => ({
      role: "stable",
      stable: () => undefined,
      candidate: () => ({}) as Link,
      draw: {
        begin() {},
        next(key) {
          keys.push(key);
          return { isCandidate: false, drawnWith: () => undefined };
        },
      },
      observe() {},
    }),
    deliver() {},
    settlement: { add() {}, postpone() {} },
    clock: systemClock,
    reportProblem: (problem) => expect.unreachable(problem.message),
  });
  const message = {
    id: "1",
    useCase: settings.name,
    version: settings.version,
    attempt: 1,
    key: "customer-1",
  } as Message;
  expect(dispatcher.take([message])).toEqual([message]);
  expect(keys).toEqual([drawnBy]);
});
