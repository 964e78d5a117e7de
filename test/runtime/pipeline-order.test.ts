import { afterEach, describe, expect, test } from "vitest";
import type { NoteOptions } from "./note-contract.ts";
import { openWorld, type World } from "./world.ts";

let world: World;

async function start(options: NoteOptions) {
  world = await openWorld(options);
  return world.notes;
}

afterEach(() => world.close());

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
    await world.inTime(
      notes.enqueueAll([
        { id: "a1", key: "a" },
        { id: "a2", key: "a" },
        { id: "b1", key: "b" },
        { id: "a3", key: "a" },
      ]),
    );
    await world.clock.advance(0);
    expect(seen.filter((id) => id.startsWith("b"))).toEqual(["b1"]);
    await world.clock.advance(60_000);
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
          await new Promise<void>((resolve) => world.clock.after(100, resolve));
          running--;
        },
      },
    });
    await world.inTime(notes.enqueueAll(Array.from({ length: 20 }, (_, i) => ({ id: `${i}` }))));
    await world.clock.advance(2_000);
    expect(most).toBe(3);
    expect(world.worker.counts().note?.default?.delivery.done).toBe(20);
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
    await world.inTime(notes.enqueueAll(Array.from({ length: 50 }, (_, i) => ({ id: `${i}` }))));
    await world.clock.advance(1_000);
    expect(runs).toBe(50);
  });

  test("a rate is kept", async () => {
    const at: number[] = [];
    const notes = await start({
      subscribers: { default: { rate: { count: 2, periodMs: 1_000 }, maxInFlight: 100 } },
      handlers: { default: () => void at.push(world.clock.now()) },
    });
    await world.inTime(notes.enqueueAll(Array.from({ length: 10 }, (_, i) => ({ id: `${i}` }))));
    await world.clock.advance(10_000);
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
    await world.inTime(notes.enqueueAll([...many, { id: "f1", tenant: "few" }, { id: "f2", tenant: "few" }]));
    await world.clock.advance(60_000);
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
    const [first, second] = await world.inTime(Promise.all([notes.enqueue({ id: "a" }), notes.enqueue({ id: "a" })]));
    const third = await world.inTime(notes.enqueue({ id: "a" }));
    expect(first?.duplicate).toBe(false);
    expect([second, third]).toEqual([
      { id: first?.id, duplicate: true },
      { id: first?.id, duplicate: true },
    ]);
    await world.clock.advance(70_000);
    expect((await world.inTime(notes.enqueue({ id: "a" }))).duplicate).toBe(false);
    await world.clock.advance(1_000);
    expect(seen).toEqual(["a", "a"]);
  });
});
