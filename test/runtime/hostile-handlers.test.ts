import { expect, test } from "vitest";
import type { Handler } from "../../runtime/authoring/handler.ts";
import { describeThrown, LONGEST_DESCRIPTION } from "../../runtime/contract/thrown.ts";
import { HOSTILE_ERRORS, HOSTILE_RESULTS } from "./hostile-values.ts";
import type { Note } from "./note-contract.ts";
import { openWorld, type World } from "./world.ts";

const QUICK = { maxRetries: 1, backoff: { minMs: 10, maxMs: 10 }, timeoutMs: 1_000 };

/** Enqueues a note for each name; `other` is a subscriber that must not notice. */
async function run(names: readonly string[], handler: (id: string) => unknown, filter?: (note: Note) => boolean) {
  const world = await openWorld({
    subscribers: { default: QUICK, other: { maxInFlight: 1 } },
    handlers: { default: (({ id }) => handler(id)) as Handler<Note>, other: () => {} },
    ...(filter && { filters: { default: filter } }),
  });
  await world.inTime(world.notes.enqueueAll(names.map((id) => ({ id }))));
  await world.clock.advance(30_000);
  return world;
}

function expectAllSettled(world: World, tasks: number, done: number): void {
  const { default: own, other } = world.worker.counts().note!;
  expect(own).toMatchObject({
    delivery: { done, deadLettered: tasks - done },
    flowControl: { inFlight: 0, waiting: 0 },
  });
  expect(other).toMatchObject({ delivery: { done: tasks }, flowControl: { inFlight: 0, waiting: 0 } });
  expect(world.problems).toEqual([]);
}

test("whatever a handler throws ends as its task's outcome, and all dead letters can be read back", async () => {
  const names = Object.keys(HOSTILE_ERRORS);
  const world = await run(names, (id) => {
    throw HOSTILE_ERRORS[id]!();
  });
  expectAllSettled(world, names.length, 0);
  const letters = await world.deadLetters();
  expect(letters).toHaveLength(names.length);
  for (const { failure } of letters) {
    expect(failure?.message.isWellFormed()).toBe(true);
    expect(failure?.message.length).toBeGreaterThan(0);
    expect(failure?.message.length).toBeLessThanOrEqual(LONGEST_DESCRIPTION);
  }
  await world.close();
});

test("whatever a handler rejects with ends as its task's outcome", async () => {
  const names = Object.keys(HOSTILE_ERRORS);
  const world = await run(names, async (id) => {
    await Promise.resolve();
    throw HOSTILE_ERRORS[id]!();
  });
  expectAllSettled(world, names.length, 0);
  await world.close();
});

test("whatever a handler returns ends as its task's outcome", async () => {
  const names = Object.keys(HOSTILE_RESULTS);
  const fail = names.filter((name) => HOSTILE_RESULTS[name]!.fails);
  const world = await run(names, (id) => HOSTILE_RESULTS[id]!.result());
  expectAllSettled(world, names.length, names.length - fail.length);
  const byId = world.connection.ports.transport;
  expect(await byId.backlog("note-default-DLQ", "dead-letters")).toBe(fail.length);
  await world.close();
});

test("whatever a filter throws or returns ends as its task's outcome, and never as done", async () => {
  const names = [...Object.keys(HOSTILE_ERRORS), "promise", "rejects", "no", "yes"];
  const world = await run(names, () => {}, (({ id }: Note) => {
    if (id === "promise") return Promise.resolve(true);
    if (id === "rejects") return Promise.reject(HOSTILE_ERRORS["throwing traps"]!());
    if (id === "no" || id === "yes") return id === "yes";
    throw HOSTILE_ERRORS[id]!();
  }) as unknown as (note: Note) => boolean);
  expectAllSettled(world, names.length, 2);
  expect(world.worker.counts().note!.default!.delivery).toMatchObject({ filtered: 1, sent: 1 });
  const letters = await world.deadLetters();
  expect(letters.every(({ failure }) => failure?.message.startsWith("the filter "))).toBe(true);
  await world.close();
});

test("observers and reporters that throw change nothing for tasks", async () => {
  const world = await run([], () => {});
  const fail = () => {
    throw HOSTILE_ERRORS["message throws"]!();
  };
  world.worker.observe({ settled: fail, fired: fail });
  world.connection.observe(fail);
  await world.inTime(world.notes.enqueueAll([{ id: "a" }, { id: "b" }]));
  await world.clock.advance(1_000);
  expect(world.worker.counts().note!.default!.delivery.done).toBe(2);
  expect(world.problems[0]).toMatchObject({ code: "handler-fault" });
  await world.close();
});

test.each([
  [
    "fetch's error",
    new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:1") }),
    "fetch failed (connect ECONNREFUSED 127.0.0.1:1)",
  ],
  [
    "a socket's error without a text",
    new TypeError("fetch failed", {
      cause: Object.assign(new AggregateError([new Error("::1"), new Error("127.0.0.1")], ""), {
        code: "ECONNREFUSED",
      }),
    }),
    "fetch failed (AggregateError ECONNREFUSED (::1; 127.0.0.1))",
  ],
  [
    "a cause that is told already",
    new Error("open: no such file", { cause: new Error("no such file") }),
    "open: no such file",
  ],
  ["a text as the cause", new Error("a", { cause: "because" }), "a (because)"],
  ["no error", { status: 503, body: { retry: true } }, "{ status: 503, body: { retry: true } }"],
  ["a text", "plain", "plain"],
])("says what was thrown: %s", (_, thrown, text) => expect(describeThrown(thrown)).toBe(text));

test("a cut leaves no half of a surrogate pair, wherever it falls", () => {
  for (let shift = 0; shift < 4; shift++) {
    const text = describeThrown(new Error("x".repeat(shift) + "\ud83d\ude00".repeat(2_000)));
    expect(text.length).toBeLessThanOrEqual(LONGEST_DESCRIPTION);
    expect(text).toMatch(/^x*(\ud83d\ude00)+…$/);
  }
});
