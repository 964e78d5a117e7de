import { expect, test } from "vitest";
import { createMemoryControlStore } from "../../../runtime/adapters/memory/memory-control-store.ts";
import { createAwaitedOutcomes } from "../../../runtime/callbacks/awaited-outcomes.ts";
import { createSimulatedClock } from "../../../runtime/testing/simulated-clock.ts";

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
  outcomes.await("note/default/0/1", () => {});
  await store.put("callbacks/note/default/0/1", "{", 0);
  await store.put("callbacks/note/default/a/1", done, 0);
  await store.put("callbacks/note/default/b/1", done, 0);
  await clock.advance(1_000);
  expect(settled).toEqual(["b"]);
  expect(problems).toHaveLength(2);
  expect(problems.toSorted().join()).toMatch(/'callbacks\/note\/default\/0\/1' can't be taken.*the settlement failed/);
  await outcomes.close();
});

test("once all outcomes are settled and gone, whoever removed them, the store is not asked any more", async () => {
  const clock = createSimulatedClock(1);
  const { watch: _, ...store } = createMemoryControlStore();
  let asked = 0;
  const get = (keys: readonly string[]) => {
    asked++;
    return store.get(keys);
  };
  const outcomes = createAwaitedOutcomes({ store: { ...store, get }, clock, reportProblem: () => {} });
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

test("of thousands that are awaited, among as many that nobody awaits, a look asks for a thousand, and each has its turn", async () => {
  const clock = createSimulatedClock(1);
  const { watch: _, ...store } = createMemoryControlStore();
  const done = JSON.stringify({ at: clock.now(), outcome: { kind: "done" } });
  for (let i = 0; i < 5_000; i++) await store.put(`callbacks/note/default/late${i}/1`, done, 0);
  const asked: number[] = [];
  let listed = 0;
  const watched = {
    ...store,
    get(keys: readonly string[]) {
      asked.push(keys.length);
      return store.get(keys);
    },
    list(prefix: string) {
      listed++;
      return store.list(prefix);
    },
  };
  const outcomes = createAwaitedOutcomes({ store: watched, clock, reportProblem: () => {} });
  const settled = new Set<number>();
  for (let i = 0; i < 5_000; i++) outcomes.await(`note/default/a${i}/1`, () => settled.add(i));
  await clock.advance(100);
  // All are looked at once, soon: their callbacks may have been there already.
  expect(asked).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
  for (const i of [0, 999, 1_000, 4_999]) await store.put(`callbacks/note/default/a${i}/1`, done, 0);
  await clock.advance(1_100);
  expect([...settled].sort((a, b) => a - b)).toEqual([0, 999, 1_000, 4_999]);
  expect(Math.max(...asked)).toBe(1_000);
  expect(asked.length).toBeLessThan(12);
  expect(listed).toBe(0);
  await outcomes.close();
});

test("callbacks that came too late are removed after a day, and those that are awaited stay", async () => {
  const clock = createSimulatedClock(1);
  const store = createMemoryControlStore();
  const at = (ms: number) => JSON.stringify({ at: ms, outcome: { kind: "done" } });
  await store.put("callbacks/note/default/old/1", at(clock.now() - 86_400_001), 0);
  await store.put("callbacks/note/default/odd/1", "no JSON", 0);
  await store.put("callbacks/note/default/new/1", at(clock.now()), 0);
  const outcomes = createAwaitedOutcomes({ store, clock, reportProblem: () => {} });
  await clock.advance(700_000);
  expect((await store.list("callbacks/")).map(({ key }) => key)).toEqual(["callbacks/note/default/new/1"]);
  await outcomes.close();
});
