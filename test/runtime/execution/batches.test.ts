import { afterEach, expect, test } from "vitest";
import { RejectError, RetryError } from "../../../runtime/authoring/index.ts";
import { sleep } from "../../../runtime/contract/clock.ts";
import type { BatchSettings, TaskContext } from "../../../runtime/contract/contract.ts";
import { batchSize } from "../../../runtime/execution/gathering.ts";
import { HOSTILE_BATCHES } from "../hostile-batches.ts";
import type { Note, NoteOptions } from "../note-contract.ts";
import { openWorld, type World } from "../world.ts";

const BATCH: BatchSettings = { max: 100, withinMs: 200 };
const SUBSCRIBER = { batch: BATCH, maxInFlight: 400, backoff: { minMs: 10, maxMs: 10 } };

let world: World;
afterEach(() => world.close());

/** What the handler was called with, a text for each call. */
async function open(
  handler: (events: readonly Note[], tasks: readonly TaskContext[]) => unknown,
  options: Pick<NoteOptions, "settings" | "filters"> & { readonly subscriber?: object } = {},
) {
  const calls: string[][] = [];
  world = await openWorld({
    ...options,
    subscribers: { default: { ...SUBSCRIBER, ...options.subscriber } },
    batchHandlers: {
      default(events, tasks) {
        calls.push(events.map(({ id }) => id));
        return handler(events, tasks);
      },
    },
  });
  return calls;
}

const ids = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `n${i}` }));
const enqueue = (notes: readonly Note[]) => world.inTime(world.notes.enqueueAll(notes));
const counts = () => world.worker.counts().note!.default!;
const sizes = (calls: readonly string[][]) => calls.map(({ length }) => length);

test("a batch goes when it is full, or when its first event has waited long enough", async () => {
  const calls = await open(() => {});
  await enqueue(ids(230));
  await world.clock.advance(150);
  expect(sizes(calls)).toEqual([100, 100]);
  await world.clock.advance(100);
  expect(sizes(calls)).toEqual([100, 100, 30]);
  expect(counts().delivery.done).toBe(230);
  await enqueue([{ id: "alone" }]);
  await world.clock.advance(300);
  expect(calls.at(-1)).toEqual(["alone"]);
});

test("one bad event of a hundred fails alone, whichever way the handler says so", async () => {
  const bad = { error: "n3", settled: "n4", promise: "n5", rejected: "n6", later: "n7" };
  const calls = await open(
    (events) =>
      events.map(({ id }) => {
        if (id === bad.error) return new Error("bad");
        if (id === bad.settled) return { status: "rejected", reason: new Error("bad") };
        if (id === bad.promise) return Promise.reject(new Error("bad"));
        if (id === bad.rejected) return new RejectError("never");
        if (id === bad.later) return new RetryError("later", { after: "1h" });
        return id === "n8" ? { status: "fulfilled", value: 5 } : undefined;
      }),
    { subscriber: { maxRetries: 1 } },
  );
  await enqueue(ids(100));
  await world.clock.advance(2_000);
  expect(counts().delivery).toMatchObject({ done: 95, deadLettered: 4 });
  const letters = await world.deadLetters();
  const told = letters.map(({ payload, failure, attempt }) => [
    JSON.parse(String(payload)).id,
    failure?.reason,
    attempt,
  ]);
  expect(told.sort()).toEqual([
    ["n3", "attempts", 2],
    ["n4", "attempts", 2],
    ["n5", "attempts", 2],
    ["n6", "rejected", 1],
  ]);
  expect(sizes(calls)).toEqual([100, 1, 1, 1]);
  await world.clock.advance(3_600_000);
  expect(calls.at(-1)).toEqual(["n7"]);
});

test("an event that fails every batch it is in ends alone, though the handler can't tell which one it is", async () => {
  const calls = await open(async (events) => {
    if (events.some(({ id }) => id === "n42")) throw new Error("one of them is bad");
  });
  await enqueue(ids(100));
  await world.clock.advance(10_000);
  expect(counts().delivery).toMatchObject({ done: 99, deadLettered: 1 });
  expect((await world.deadLetters()).map(({ payload }) => JSON.parse(String(payload)).id)).toEqual(["n42"]);
  expect(Math.max(...sizes(calls.slice(1)))).toBe(25);
});

test("retries' batches get smaller, and the last try is alone", () => {
  const of = (attempt: number, maxRetries: number, max = 100) =>
    batchSize({ max, withinMs: 0 }, maxRetries, { attempt } as never);
  expect([1, 2, 3, 4, 5].map((attempt) => of(attempt, 8))).toEqual([100, 25, 7, 2, 1]);
  expect([1, 2, 3].map((attempt) => of(attempt, 2))).toEqual([100, 25, 1]);
  expect(of(1, 0)).toBe(100);
  expect(batchSize(BATCH, 8, { attempt: 1, crashes: 0 } as never)).toBe(1);
});

test("each event has its own time: those that answer are done, the others are tried again", async () => {
  const signals: boolean[] = [];
  await open(
    (events, tasks) =>
      events.map(async ({ id }, i) => {
        if (id !== "n1") return;
        await sleep(world.clock, 5_000);
        signals.push(tasks[i]!.signal.aborted);
      }),
    { subscriber: { timeoutMs: 1_000, maxRetries: 0 } },
  );
  await enqueue(ids(3));
  await world.clock.advance(500);
  expect(counts().delivery.done).toBe(2);
  await world.clock.advance(6_000);
  expect(counts().delivery).toMatchObject({ done: 2, deadLettered: 1 });
  expect((await world.deadLetters())[0]?.failure?.message).toBe("timed out after 1000 ms");
  expect(signals).toEqual([true]);
});

test("a batch that hangs times out for each of its events, and its permits come back", async () => {
  await open(() => new Promise(() => {}), { subscriber: { timeoutMs: 1_000, maxRetries: 0 } });
  await enqueue(ids(5));
  await world.clock.advance(1_900);
  expect(counts()).toMatchObject({ flowControl: { inFlight: 5 }, execution: { running: 5 } });
  await world.clock.advance(5_000);
  expect(counts()).toMatchObject({ delivery: { deadLettered: 5 }, flowControl: { inFlight: 0 } });
});

test("an event that its filter leaves out takes no place in a batch", async () => {
  const calls = await open(() => {}, {
    subscriber: { batch: { max: 3, withinMs: 1_000 } },
    filters: { default: ({ id }) => id !== "n1" },
  });
  await enqueue(ids(4));
  await world.clock.advance(10);
  expect(calls).toEqual([["n0", "n2", "n3"]]);
  expect(counts().delivery).toMatchObject({ done: 4, filtered: 1 });
});

test("with an order, a batch has one event of a key, and a failing one holds its key alone", async () => {
  const done: string[] = [];
  let failures = 0;
  const calls = await open(
    (events) =>
      events.map(({ id }) => {
        if (id === "n0" && failures++ < 2) return new Error("not yet");
        done.push(id);
        return undefined;
      }),
    { settings: { ordered: true }, subscriber: { batch: { max: 10, withinMs: 20 } } },
  );
  await enqueue(ids(12).map(({ id }, i) => ({ id, key: `k${i % 3}` })));
  await world.clock.advance(1_000);
  expect(calls[0]?.toSorted()).toEqual(["n0", "n1", "n2"]);
  const ofKey = (key: number) => done.filter((id) => Number(id.slice(1)) % 3 === key);
  expect(ofKey(0)).toEqual(["n0", "n3", "n6", "n9"]);
  expect(ofKey(1)).toEqual(["n1", "n4", "n7", "n10"]);
  expect(done.indexOf("n7")).toBeLessThan(done.indexOf("n3"));
});

test("a rate holds for events, not for batches", async () => {
  const calls = await open(() => {}, {
    subscriber: { rate: { count: 10, periodMs: 1_000 }, batch: { max: 100, withinMs: 500 } },
  });
  await enqueue(ids(60));
  await world.clock.advance(4_000);
  const handled = calls.flat().length;
  expect(handled).toBeGreaterThanOrEqual(35);
  expect(handled).toBeLessThanOrEqual(51);
});

test("a batch that can't get fuller goes at once: a limit below its size", async () => {
  const calls = await open(() => {}, { subscriber: { maxInFlight: 7, batch: { max: 100, withinMs: 60_000 } } });
  await enqueue(ids(21));
  await world.clock.advance(100);
  expect(sizes(calls)).toEqual([7, 7, 7]);
});

test("what gathers is handled when the worker drains, and each of it settles", async () => {
  const calls = await open((events) => events.map(() => sleep(world.clock, 50)), {
    subscriber: { batch: { max: 100, withinMs: 3_600_000 } },
  });
  await enqueue(ids(5));
  await world.clock.advance(100);
  expect(calls).toEqual([]);
  await world.inTime(world.worker.drain(5_000));
  expect(sizes(calls)).toEqual([5]);
  expect(counts().delivery.done).toBe(5);
});

test("whatever a batch handler returns, throws or does to its arguments, each of its events ends by its own outcome", async () => {
  const names = Object.keys(HOSTILE_BATCHES);
  await open(
    (events, tasks) => {
      const name = names[Number(events[0]!.id.split(".")[0])]!;
      // Both are its own.
      (events as Note[]).length = 0;
      (tasks as TaskContext[]).reverse();
      return HOSTILE_BATCHES[name]![0]();
    },
    { subscriber: { batch: { max: 3, withinMs: 50 }, maxRetries: 0, timeoutMs: 1_000 } },
  );
  let done = 0;
  for (const [i, name] of names.entries()) {
    await enqueue([0, 1, 2].map((n) => ({ id: `${i}.${n}` })));
    await world.clock.advance(60);
    const now = counts().delivery.done;
    expect(`${name}: ${now - done}`).toBe(`${name}: ${HOSTILE_BATCHES[name]![1]}`);
    done = now;
  }
  expect(counts()).toMatchObject({
    delivery: { deadLettered: 3 * names.length - done },
    flowControl: { inFlight: 0, waiting: 0 },
    execution: { running: 0 },
  });
  expect(world.problems).toEqual([]);
});
