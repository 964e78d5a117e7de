import { afterEach, describe, expect, test } from "vitest";
import { RejectError, RetryError } from "../../runtime/authoring/outcome.ts";
import { sleep } from "../../runtime/contract/clock.ts";
import { InvalidEventError } from "../../runtime/contract/errors.ts";
import type { NoteOptions } from "./note-contract.ts";
import { openWorld, type World } from "./world.ts";

let world: World;

async function start(options: NoteOptions) {
  world = await openWorld(options);
  return world.notes;
}

afterEach(() => world.close());

describe("the way of an event", () => {
  test("an enqueued event reaches its handler once, with its context", async () => {
    const seen: unknown[] = [];
    const notes = await start({
      handlers: { default: (event, task) => void seen.push([event.id, task.attempt, task.useCase, task.subscriber]) },
    });
    const receipt = await world.inTime(notes.enqueue({ id: "a" }));
    expect(receipt).toEqual({ id: expect.any(String), duplicate: false });
    await world.clock.advance(1_000);
    expect(seen).toEqual([["a", 1, "note", "default"]]);
    expect(await world.connection.ports.transport.backlog("note", "default")).toBe(0);
    expect(world.worker.counts().note?.default?.delivery.done).toBe(1);
  });

  test("an invalid event is refused with path, rule and what was found, and nothing is stored", async () => {
    const notes = await start({ handlers: { default: () => {} } });
    const refused = world.inTime(notes.enqueue({ id: 5 as unknown as string }));
    await expect(refused).rejects.toThrow(InvalidEventError);
    await expect(refused).rejects.toThrow("id: must be a string, found number");
    await expect(world.inTime(notes.enqueueAll([{ id: "ok" }, { id: 5 as unknown as string }]))).rejects.toThrow(
      InvalidEventError,
    );
    expect(await world.connection.ports.transport.backlog("note", "default")).toBe(0);
  });

  test("every subscriber gets every event, its own filter and its own retries", async () => {
    const seen: string[] = [];
    const notes = await start({
      subscribers: { all: {}, some: {}, flaky: {} },
      filters: { some: ({ id }) => id === "b" },
      handlers: {
        all: ({ id }) => void seen.push(`all ${id}`),
        some: ({ id }) => void seen.push(`some ${id}`),
        flaky: ({ id }, { attempt }) => {
          seen.push(`flaky ${id} ${attempt}`);
          if (attempt === 1) throw new Error("not yet");
        },
      },
    });
    await world.inTime(notes.enqueueAll([{ id: "a" }, { id: "b" }]));
    await world.clock.advance(120_000);
    expect(seen.sort()).toEqual(["all a", "all b", "flaky a 1", "flaky a 2", "flaky b 1", "flaky b 2", "some b"]);
    expect(world.worker.counts().note?.some?.delivery).toMatchObject({ filtered: 1, done: 2 });
  });
});

describe("delays", () => {
  test("a delayed event runs on time, never early", async () => {
    const at: number[] = [];
    const notes = await start({ handlers: { default: () => void at.push(world.clock.now()) } });
    const enqueuedAt = world.clock.now();
    await world.inTime(notes.enqueue({ id: "a" }, { delay: "1h" }));
    await world.clock.advance(2 * 3_600_000);
    expect(at).toHaveLength(1);
    expect(at[0]! - enqueuedAt).toBeGreaterThanOrEqual(3_600_000);
    expect(at[0]! - enqueuedAt).toBeLessThan(3_600_000 + 5);
  });

  test("bad delays are refused with the rule", async () => {
    const notes = await start({ settings: { maxDelayMs: 1_000 }, handlers: { default: () => {} } });
    await expect(world.inTime(notes.enqueue({ id: "a" }, { delay: "2s" }))).rejects.toThrow(
      "The delay for 'note' is 2s; its longest is 1s.",
    );
    // As it was written, and a time in the unit that it is a whole number of.
    await expect(world.inTime(notes.enqueue({ id: "a" }, { delay: "1.5h" }))).rejects.toThrow("is 1.5h; its longest");
    const at = new Date(world.clock.now() + 2 * 86_400_000);
    await expect(world.inTime(notes.enqueue({ id: "a" }, { at }))).rejects.toThrow("is 2d; its longest");
    await expect(world.inTime(notes.enqueue({ id: "a" }, { delay: "soon" as never }))).rejects.toThrow("found 'soon'");
    await expect(world.inTime(notes.enqueue({ id: "a" }, { at: new Date(Number.NaN) }))).rejects.toThrow("valid Date");
  });
});

describe("failures", () => {
  test("a failing task is retried with growing waits, then becomes a dead letter", async () => {
    const at: number[] = [];
    const notes = await start({
      handlers: {
        default: () => {
          at.push(world.clock.now());
          throw new Error("disk on fire");
        },
      },
    });
    await world.inTime(notes.enqueue({ id: "a" }));
    await world.clock.advance(3_600_000);
    expect(at).toHaveLength(4);
    const [letter] = await world.deadLetters();
    expect(letter).toMatchObject({
      attempt: 4,
      failure: { reason: "attempts", message: "disk on fire", subscription: "default" },
    });
    expect(await world.connection.ports.transport.backlog("note", "default")).toBe(0);
  });

  test("a rejected task becomes a dead letter at once, a RetryError waits as it says", async () => {
    const seen: [string, number, number][] = [];
    const notes = await start({
      handlers: {
        default: ({ id }, { attempt }) => {
          seen.push([id, attempt, world.clock.now()]);
          if (id === "bad") throw new RejectError("no such file");
          if (attempt === 1) throw new RetryError("busy", { after: "90s" });
        },
      },
    });
    await world.inTime(notes.enqueueAll([{ id: "bad" }, { id: "busy" }]));
    await world.clock.advance(100_000);
    expect(seen.map(([id, attempt]) => `${id} ${attempt}`)).toEqual(["bad 1", "busy 1", "busy 2"]);
    expect(seen[2]![2] - seen[1]![2]).toBeGreaterThanOrEqual(90_000);
    expect((await world.deadLetters()).map(({ failure }) => failure?.reason)).toEqual(["rejected"]);
  });

  test("a try that takes too long is aborted and tried again", async () => {
    const aborted: string[] = [];
    const notes = await start({
      subscribers: { default: { timeoutMs: 500 } },
      handlers: {
        default: (_, { attempt, signal }) => {
          if (attempt > 1) return;
          return new Promise(() => signal.addEventListener("abort", () => aborted.push(String(signal.reason))));
        },
      },
    });
    await world.inTime(notes.enqueue({ id: "a" }));
    await world.clock.advance(60_000);
    expect(aborted).toEqual(["Error: timed out after 500 ms"]);
    expect(world.worker.counts().note?.default?.delivery).toMatchObject({ done: 1, retried: 1 });
  });

  test("what passes its deadline is not started", async () => {
    const notes = await start({
      subscribers: { default: { deadlineMs: 2_500, maxRetries: 100, backoff: { minMs: 2_000, maxMs: 2_000 } } },
      handlers: {
        default: () => {
          throw new RetryError("later", { after: "2s" });
        },
      },
    });
    await world.inTime(notes.enqueue({ id: "a" }));
    await world.clock.advance(60_000);
    expect((await world.deadLetters())[0]).toMatchObject({ attempt: 2, failure: { reason: "deadline" } });
  });

  test("the deadline counts from when a task was due, to the moment, also where it waited for a permit", async () => {
    const seen: string[] = [];
    const notes = await start({
      subscribers: { default: { deadlineMs: 2_500, maxInFlight: 1 } },
      handlers: {
        async default({ id }) {
          seen.push(id);
          await sleep(world.clock, id === "first" ? 2_400 : 200);
        },
      },
    });
    await world.inTime(notes.enqueueAll([{ id: "first" }, { id: "in time" }, { id: "late" }]));
    await world.clock.advance(60_000);
    expect(seen).toEqual(["first", "in time"]);
    expect((await world.deadLetters()).map(({ failure }) => failure)).toMatchObject([
      { reason: "deadline", message: expect.stringMatching(/^the deadline passed 1\d\d ms ago$/) },
    ]);
  });

  test("undecodable and misplaced records become dead letters, records of a newer version wait", async () => {
    const seen: string[] = [];
    const notes = await start({ handlers: { default: ({ id }) => void seen.push(id) } });
    await world.inTime(notes.enqueue({ id: "first" }));
    const producer = await world.connection.ports.transport.producer("note");
    const record = {
      id: "x",
      useCase: "note",
      version: 1,
      enqueuedAt: world.clock.now(),
      dueAt: 0,
      key: "",
      attempt: 1,
      priority: "normal" as const,
      tenant: "",
      dedupeId: "",
      traceparent: "",
      subscription: "",
      payload: Buffer.from(`{"id":"x"}`),
    };
    await world.inTime(
      producer.publish([
        { ...record, id: "broken", payload: Buffer.from("{") },
        { ...record, id: "strange", useCase: "stranger" },
        { ...record, id: "newer", version: 2 },
      ]),
    );
    await world.clock.advance(20_000);
    expect(seen).toEqual(["first"]);
    expect((await world.deadLetters()).map(({ id, failure }) => [id, failure?.reason])).toEqual([
      ["broken", "undecodable"],
      ["strange", "unknown-use-case"],
    ]);
    expect(world.problems[0]?.message).toContain("Task newer of 'note' has event version 2; this worker reads up to 1");
    await world.clock.advance(60_000);
    expect(world.problems).toHaveLength(2);
    expect(world.problems[1]?.message).toMatch(/\(once more in the last 6\d s\)$/);
  });
});
