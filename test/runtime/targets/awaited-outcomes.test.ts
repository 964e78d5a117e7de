import { expect, test } from "vitest";
import { createAwaitedOutcomes } from "../../../runtime/callbacks/awaited-outcomes.ts";
import { createMemoryControlStore } from "../../../runtime/control/memory-control-store.ts";
import { createSimulatedClock } from "../../../runtime/simulated-clock.ts";

test("an outcome that can't be read, or settled, keeps no other from its task", async () => {
  const clock = createSimulatedClock(1);
  const store = createMemoryControlStore();
  const problems: string[] = [];
  const reportProblem = ({ message }: Error) => void problems.push(message);
  const outcomes = createAwaitedOutcomes({ store, clock, reportProblem });
  const settled: string[] = [];
  outcomes.await("note/default/a/1", () => {
    throw new Error("the settlement failed");
  });
  outcomes.await("note/default/b/1", () => settled.push("b"));
  const done = JSON.stringify({ at: clock.now(), outcome: { kind: "done" } });
  await store.put("callbacks/note/default/0/1", "{", 0);
  await store.put("callbacks/note/default/a/1", done, 0);
  await store.put("callbacks/note/default/b/1", done, 0);
  await clock.advance(1_000);
  expect(settled).toEqual(["b"]);
  expect(problems.join()).toMatch(/'callbacks\/note\/default\/0\/1' can't be taken.*the settlement failed/);
  await outcomes.close();
});

test("once all outcomes are settled and gone, whoever removed them, the store is not asked any more", async () => {
  const clock = createSimulatedClock(1);
  const { watch: _, ...store } = createMemoryControlStore();
  let asked = 0;
  const list = (prefix: string) => {
    asked++;
    return store.list(prefix);
  };
  const outcomes = createAwaitedOutcomes({ store: { ...store, list }, clock, reportProblem: () => {} });
  const settled: string[] = [];
  outcomes.await("note/default/a/1", () => settled.push("a"));
  const key = "callbacks/note/default/a/1";
  await store.put(key, JSON.stringify({ at: clock.now(), outcome: { kind: "done" } }), 0);
  await clock.advance(1_000);
  expect(settled).toEqual(["a"]);
  const [entry] = await store.list(key);
  await store.put(key, undefined, entry!.revision);
  await clock.advance(60_000);
  asked = 0;
  await clock.advance(60_000);
  expect(asked).toBe(0);
  await outcomes.close();
});
