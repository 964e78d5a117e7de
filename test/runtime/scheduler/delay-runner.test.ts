import { expect, test } from "vitest";
import { createMemoryDelayStore } from "../../../runtime/adapters/memory/memory-delay-store.ts";
import type { TaskRecord } from "../../../runtime/contract/contract.ts";
import { FivefoldError } from "../../../runtime/contract/errors.ts";
import { createDelayRunner } from "../../../runtime/scheduler/delay-runner.ts";
import type { DelayedClaim, DelayStore } from "../../../runtime/scheduler/delay-store.ts";
import { createSimulatedClock } from "../../../runtime/testing/simulated-clock.ts";
import { delayed } from "./delay-store-suite.ts";

/** A runner on virtual time, whose publishes are told by `publish` how long they take and how they end. */
function openRunner(
  publish: (topic: string, records: readonly TaskRecord[]) => Promise<void>,
  store = createMemoryDelayStore(),
) {
  const clock = createSimulatedClock(1);
  const problems: string[] = [];
  const published: { topic: string; id: string; at: number }[] = [];
  const startedAt = clock.now();
  const runner = createDelayRunner({
    store,
    async publish(topic, records) {
      await publish(topic, records);
      for (const { id } of records) published.push({ topic, id, at: clock.now() - startedAt });
    },
    observe: () => {},
    clock,
    reportProblem: ({ message }) => problems.push(message),
  });
  runner.run();
  const after = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  const to = (topic: string, id: string) => ({ ...delayed(id, clock.now()), topic });
  return { clock, runner, store, problems, published, after, to };
}

test("a publish that takes longer than a lease is one publish: what is under way is leased anew", async () => {
  const store = createMemoryDelayStore();
  const world = openRunner(() => world.after(35_000), store);
  await store.add([world.to("slow", "a")]);
  const others: string[] = [];
  for (let second = 0; second < 40; second++) {
    await world.clock.advance(1_000);
    const claims = await store.claimDue(world.clock.now(), 10, 10);
    others.push(...claims.map(({ record }) => record.id));
  }
  expect(others).toEqual([]);
  expect(world.published.map(({ id }) => id)).toEqual(["a"]);
  expect(await store.size()).toBe(0);
});

test("what of a dead process's claim was leased anew comes back when that lease ends", async () => {
  const store = createMemoryDelayStore();
  const world = openRunner(() => new Promise(() => {}), store);
  await store.add([world.to("slow", "a")]);
  await world.clock.advance(30_000);
  // The process is gone: nobody leases anew.
  expect(await store.claimDue(world.clock.now(), 10, 1)).toEqual([]);
  expect(await store.claimDue(world.clock.now() + 10_000, 10, 1)).toHaveLength(1);
});

test("a topic that takes nothing in, and one that refuses, hold up no other", async () => {
  const world = openRunner(async (topic) => {
    if (topic === "hangs") await world.after(3_600_000);
    if (topic === "gone") throw new FivefoldError("unknown-topic", "no such topic");
  });
  const { store, to, clock } = world;
  const many = Array.from({ length: 20_000 }, (_, i) => to(i % 2 === 0 ? "hangs" : "gone", `n${i}`));
  await store.add(many);
  await clock.advance(5_000);
  await store.add([to("works", "a")]);
  await clock.advance(1_000);
  expect(world.published.map(({ topic }) => topic)).toEqual(["works"]);
  // All of the others is still there.
  expect(await store.size()).toBe(20_000);
  expect(world.problems.length).toBeLessThan(10);
});

test("a topic that works again gets all, in the order of its due times", async () => {
  let broken = true;
  const world = openRunner(async () => {
    if (broken) throw new FivefoldError("not-connected", "away");
  });
  const { store, to, clock } = world;
  const entries = Array.from({ length: 3_000 }, (_, i) => ({ ...to("topic", `n${i}`), dueAt: clock.now() + i }));
  await store.add(entries);
  await clock.advance(20_000);
  expect(world.published).toEqual([]);
  broken = false;
  await clock.advance(70_000);
  expect(world.published.map(({ id }) => id)).toEqual(entries.map(({ record }) => record.id));
  expect(await store.size()).toBe(0);
});

test("what is claimed and waits for room in its topic stays leased", async () => {
  const inner = createMemoryDelayStore();
  /** When each record's lease ends that was claimed last. */
  const leasedUntil = new Map<string, number>();
  let shortest = Number.POSITIVE_INFINITY;
  const lease = (claims: readonly DelayedClaim[], untilMs: number) => {
    for (const { record } of claims) leasedUntil.set(record.id, untilMs);
  };
  const store: DelayStore = {
    ...inner,
    async claimDue(nowMs, max, leaseMs) {
      const claims = await inner.claimDue(nowMs, max, leaseMs);
      lease(claims, nowMs + leaseMs);
      return claims;
    },
    async renew(claims, untilMs) {
      await inner.renew(claims, untilMs);
      lease(claims, untilMs);
    },
  };
  // Eight topics take nothing in, and hold all that may be held: the last claim waits until its topic's lane is empty.
  const world = openRunner(async (topic, records) => {
    if (topic !== "slow") return world.after(3_600_000);
    for (const { id } of records) shortest = Math.min(shortest, leasedUntil.get(id)! - world.clock.now());
    await world.after(1_900);
  }, store);
  const { to, clock } = world;
  const add = async (topic: string, batches: number, dueAt: number) => {
    const ids = Array.from({ length: batches * 1_024 }, (_, i) => `${topic}-${dueAt}-${i}`);
    await inner.add(ids.map((id) => ({ ...to(topic, id), dueAt })));
  };
  const first = clock.now();
  await add("slow", 3, first);
  for (let i = 0; i < 8; i++) await add(`away-${i}`, 1, first + 1 + i);
  await add("slow", 1, first + 10);
  await clock.advance(20_000);
  expect(world.published.length).toBe(4 * 1_024);
  expect(shortest).toBeGreaterThan(6_000);
});

test("what a store leased so slowly that another process may have it is left to that one", async () => {
  const inner = createMemoryDelayStore();
  let isSlow = true;
  const slow: DelayStore = {
    ...inner,
    async claimDue(nowMs, max, leaseMs) {
      const claims = await inner.claimDue(nowMs, max, leaseMs);
      if (isSlow && claims.length > 0) await world.after(11_000);
      return claims;
    },
  };
  const world = openRunner(async () => {}, slow);
  await inner.add([world.to("topic", "a")]);
  await world.clock.advance(10_500);
  const claims = await inner.claimDue(world.clock.now(), 10, 10_000);
  expect(claims).toHaveLength(1);
  await world.clock.advance(2_000);
  expect(world.published).toEqual([]);
  // Where that one ends without having fired it, it is fired after all.
  isSlow = false;
  await world.clock.advance(10_000);
  expect(world.published.map(({ id }) => id)).toEqual(["a"]);
  expect(world.problems).toHaveLength(1);
});

test("a process that can't renew its leases begins nothing that another may have by then", async () => {
  const inner = createMemoryDelayStore();
  const store: DelayStore = { ...inner, renew: () => Promise.reject(new Error("the server is away")) };
  const world = openRunner(() => world.after(4_500), store);
  const { to, clock } = world;
  await inner.add(Array.from({ length: 3 * 1_024 }, (_, i) => to("topic", `n${i}`)));
  const others: string[] = [];
  for (let step = 0; step < 200; step++) {
    await clock.advance(100);
    const claims = await inner.claimDue(clock.now(), 10_000, 3_600_000);
    others.push(...claims.map(({ record }) => record.id));
  }
  const fired = [...world.published.map(({ id }) => id), ...others];
  expect(new Set(fired).size).toBe(3 * 1_024);
  expect(fired.length).toBe(3 * 1_024);
});

test("one that closes lets what it has not begun go to others at once", async () => {
  const world = openRunner((topic) => world.after(topic === "slow" ? 1_500 : 0));
  const { store, to, clock } = world;
  await store.add(Array.from({ length: 2_000 }, (_, i) => to("slow", `n${i}`)));
  await clock.advance(100);
  const closed = world.runner.close();
  await clock.advance(2_000);
  await closed;
  expect(world.published).toHaveLength(1_024);
  expect(await store.claimDue(clock.now(), 2_000, 1)).toHaveLength(2_000 - 1_024);
});
