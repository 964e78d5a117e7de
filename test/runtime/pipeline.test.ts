import { afterEach, describe, expect, test } from "vitest";
import { createClient } from "../../runtime/client.ts";
import type { Connection } from "../../runtime/connection.ts";
import type { Message } from "../../runtime/contract.ts";
import { type FivefoldError, InvalidEventError } from "../../runtime/errors.ts";
import { RejectError, RetryError } from "../../runtime/outcome.ts";
import { connectMemory, createSimulatedClock, type SimulatedClock } from "../../runtime/testing.ts";
import { startWorker, type Worker } from "../../runtime/worker.ts";
import { type NoteOptions, noteContracts } from "./note-contract.ts";

let connection: Connection;
let worker: Worker;
let clock: SimulatedClock;
let problems: FivefoldError[];

async function start(options: NoteOptions) {
  clock = createSimulatedClock(1);
  connection = connectMemory(clock);
  problems = [];
  const { client, executor } = noteContracts(options);
  const starting = startWorker({
    ports: connection.ports,
    executors: [executor],
    reportProblem: (problem) => problems.push(problem),
  });
  await clock.advance(0);
  worker = await starting;
  return createClient(client);
}

/** Runs a promise to its end in virtual time. */
async function inTime<T>(promise: Promise<T>, limitMs = 10_000): Promise<T> {
  let ended = false;
  const settle = promise.finally(() => {
    ended = true;
  });
  settle.catch(() => {});
  await clock.until(() => ended, limitMs);
  return settle;
}

async function deadLetters(topic = "note-default-DLQ"): Promise<readonly Message[]> {
  const consumer = await connection.ports.transport.subscribe(topic, "dead-letters", "shared");
  const messages = await inTime(consumer.receive(100));
  await inTime(consumer.close());
  return messages;
}

afterEach(async () => {
  await inTime(worker.drain(1_000));
  await connection.close();
});

describe("the way of an event", () => {
  test("an enqueued event reaches its handler once, with its context", async () => {
    const seen: unknown[] = [];
    const notes = await start({
      handlers: { default: (event, task) => void seen.push([event.id, task.attempt, task.useCase, task.subscriber]) },
    });
    const receipt = await inTime(notes.enqueue({ id: "a" }));
    expect(receipt).toEqual({ id: expect.any(String), duplicate: false });
    await clock.advance(1_000);
    expect(seen).toEqual([["a", 1, "note", "default"]]);
    expect(await connection.ports.transport.backlog("note", "default")).toBe(0);
    expect(worker.counts().note?.default?.delivery.done).toBe(1);
  });

  test("an invalid event is refused with path, rule and what was found, and nothing is stored", async () => {
    const notes = await start({ handlers: { default: () => {} } });
    const refused = inTime(notes.enqueue({ id: 5 as unknown as string }));
    await expect(refused).rejects.toThrow(InvalidEventError);
    await expect(refused).rejects.toThrow("id: must be a string, found number");
    await expect(inTime(notes.enqueueAll([{ id: "ok" }, { id: 5 as unknown as string }]))).rejects.toThrow(
      InvalidEventError,
    );
    expect(await connection.ports.transport.backlog("note", "default")).toBe(0);
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
    await inTime(notes.enqueueAll([{ id: "a" }, { id: "b" }]));
    await clock.advance(120_000);
    expect(seen.sort()).toEqual(["all a", "all b", "flaky a 1", "flaky a 2", "flaky b 1", "flaky b 2", "some b"]);
    expect(worker.counts().note?.some?.delivery).toMatchObject({ filtered: 1, done: 2 });
  });
});

describe("delays", () => {
  test("a delayed event runs on time, never early", async () => {
    const at: number[] = [];
    const notes = await start({ handlers: { default: () => void at.push(clock.now()) } });
    const enqueuedAt = clock.now();
    await inTime(notes.enqueue({ id: "a" }, { delay: "1h" }));
    await clock.advance(2 * 3_600_000);
    expect(at).toHaveLength(1);
    expect(at[0]! - enqueuedAt).toBeGreaterThanOrEqual(3_600_000);
    expect(at[0]! - enqueuedAt).toBeLessThan(3_600_000 + 5);
  });

  test("bad delays are refused with the rule", async () => {
    const notes = await start({ settings: { maxDelayMs: 1_000 }, handlers: { default: () => {} } });
    await expect(inTime(notes.enqueue({ id: "a" }, { delay: "2s" }))).rejects.toThrow("its longest is 1000 ms");
    await expect(inTime(notes.enqueue({ id: "a" }, { delay: "soon" as never }))).rejects.toThrow("found 'soon'");
    await expect(inTime(notes.enqueue({ id: "a" }, { at: new Date(Number.NaN) }))).rejects.toThrow("valid Date");
  });
});

describe("failures", () => {
  test("a failing task is retried with growing waits, then becomes a dead letter", async () => {
    const at: number[] = [];
    const notes = await start({
      handlers: {
        default: () => {
          at.push(clock.now());
          throw new Error("disk on fire");
        },
      },
    });
    await inTime(notes.enqueue({ id: "a" }));
    await clock.advance(3_600_000);
    expect(at).toHaveLength(4);
    const [letter] = await deadLetters();
    expect(letter).toMatchObject({
      attempt: 4,
      failure: { reason: "attempts", message: "disk on fire", subscription: "default" },
    });
    expect(await connection.ports.transport.backlog("note", "default")).toBe(0);
  });

  test("a rejected task becomes a dead letter at once, a RetryError waits as it says", async () => {
    const seen: [string, number, number][] = [];
    const notes = await start({
      handlers: {
        default: ({ id }, { attempt }) => {
          seen.push([id, attempt, clock.now()]);
          if (id === "bad") throw new RejectError("no such file");
          if (attempt === 1) throw new RetryError("busy", { after: "90s" });
        },
      },
    });
    await inTime(notes.enqueueAll([{ id: "bad" }, { id: "busy" }]));
    await clock.advance(100_000);
    expect(seen.map(([id, attempt]) => `${id} ${attempt}`)).toEqual(["bad 1", "busy 1", "busy 2"]);
    expect(seen[2]![2] - seen[1]![2]).toBeGreaterThanOrEqual(90_000);
    expect((await deadLetters()).map(({ failure }) => failure?.reason)).toEqual(["rejected"]);
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
    await inTime(notes.enqueue({ id: "a" }));
    await clock.advance(60_000);
    expect(aborted).toEqual(["Error: timed out after 500 ms"]);
    expect(worker.counts().note?.default?.delivery).toMatchObject({ done: 1, retried: 1 });
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
    await inTime(notes.enqueue({ id: "a" }));
    await clock.advance(60_000);
    expect((await deadLetters())[0]).toMatchObject({ attempt: 2, failure: { reason: "deadline" } });
  });

  test("undecodable and misplaced records become dead letters, records of a newer version wait", async () => {
    const seen: string[] = [];
    const notes = await start({ handlers: { default: ({ id }) => void seen.push(id) } });
    await inTime(notes.enqueue({ id: "first" }));
    const producer = await connection.ports.transport.producer("note");
    const record = {
      id: "x",
      useCase: "note",
      version: 1,
      enqueuedAt: clock.now(),
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
    await inTime(
      producer.publish([
        { ...record, id: "broken", payload: Buffer.from("{") },
        { ...record, id: "strange", useCase: "stranger" },
        { ...record, id: "newer", version: 2 },
      ]),
    );
    await clock.advance(20_000);
    expect(seen).toEqual(["first"]);
    expect((await deadLetters()).map(({ id, failure }) => [id, failure?.reason])).toEqual([
      ["broken", "undecodable"],
      ["strange", "unknown-use-case"],
    ]);
    expect(problems[0]?.message).toContain("Task newer of 'note' has event version 2; this worker reads up to 1");
    await clock.advance(60_000);
    expect(problems.length).toBe(3);
  });
});

describe("order, priority, fairness, rate", () => {
  test("tasks of one key run one after another, in order, while others go on", async () => {
    const seen: string[] = [];
    let failures = 2;
    const notes = await start({
      settings: { ordered: true },
      handlers: {
        default: async ({ id }) => {
          seen.push(id);
          if (id === "a1" && failures-- > 0) throw new Error("again");
        },
      },
    });
    await inTime(
      notes.enqueueAll([
        { id: "a1", key: "a" },
        { id: "a2", key: "a" },
        { id: "b1", key: "b" },
        { id: "a3", key: "a" },
      ]),
    );
    await clock.advance(0);
    expect(seen.filter((id) => id.startsWith("b"))).toEqual(["b1"]);
    await clock.advance(60_000);
    expect(seen.filter((id) => id.startsWith("a"))).toEqual(["a1", "a1", "a1", "a2", "a3"]);
  });

  test("no more tasks run at once than the limit allows", async () => {
    let running = 0;
    let most = 0;
    const notes = await start({
      subscribers: { default: { maxInFlight: 3 } },
      handlers: {
        default: async () => {
          most = Math.max(most, ++running);
          await new Promise<void>((resolve) => clock.after(100, resolve));
          running--;
        },
      },
    });
    await inTime(notes.enqueueAll(Array.from({ length: 20 }, (_, i) => ({ id: `${i}` }))));
    await clock.advance(2_000);
    expect(most).toBe(3);
    expect(worker.counts().note?.default?.delivery.done).toBe(20);
  });

  test("handlers that return at once are given more than one round of permits", async () => {
    let runs = 0;
    const notes = await start({
      subscribers: { default: { maxInFlight: 3 } },
      handlers: {
        default: () => {
          runs++;
        },
      },
    });
    await inTime(notes.enqueueAll(Array.from({ length: 50 }, (_, i) => ({ id: `${i}` }))));
    await clock.advance(1_000);
    expect(runs).toBe(50);
  });

  test("a rate is kept", async () => {
    const at: number[] = [];
    const notes = await start({
      subscribers: { default: { rate: { count: 2, periodMs: 1_000 }, maxInFlight: 100 } },
      handlers: { default: () => void at.push(clock.now()) },
    });
    await inTime(notes.enqueueAll(Array.from({ length: 10 }, (_, i) => ({ id: `${i}` }))));
    await clock.advance(10_000);
    expect(at).toHaveLength(10);
    // Two at once from the full bucket, then one every 500 ms.
    expect(at[9]! - at[0]!).toBeGreaterThanOrEqual(4_000);
    expect(at[9]! - at[0]!).toBeLessThan(4_100);
  });

  test("a tenant with a large backlog does not keep others waiting", async () => {
    const seen: string[] = [];
    const notes = await start({
      settings: { fair: true },
      subscribers: { default: { maxInFlight: 32, rate: { count: 10, periodMs: 1_000 } } },
      handlers: { default: ({ tenant }) => void seen.push(tenant!) },
    });
    const many = Array.from({ length: 40 }, (_, i) => ({ id: `m${i}`, tenant: "many" }));
    await inTime(notes.enqueueAll([...many, { id: "f1", tenant: "few" }, { id: "f2", tenant: "few" }]));
    await clock.advance(60_000);
    expect(seen).toHaveLength(42);
    expect(seen.lastIndexOf("few")).toBeLessThan(20);
  });
});

describe("deduplication", () => {
  test("the same id is accepted once within its time, and answers with the first task's id", async () => {
    const seen: string[] = [];
    const notes = await start({
      settings: { dedupeForMs: 60_000 },
      handlers: { default: ({ id }) => void seen.push(id) },
    });
    const [first, second] = await inTime(Promise.all([notes.enqueue({ id: "a" }), notes.enqueue({ id: "a" })]));
    const third = await inTime(notes.enqueue({ id: "a" }));
    expect(first?.duplicate).toBe(false);
    expect([second, third]).toEqual([
      { id: first?.id, duplicate: true },
      { id: first?.id, duplicate: true },
    ]);
    await clock.advance(70_000);
    expect((await inTime(notes.enqueue({ id: "a" }))).duplicate).toBe(false);
    await clock.advance(1_000);
    expect(seen).toEqual(["a", "a"]);
  });
});
