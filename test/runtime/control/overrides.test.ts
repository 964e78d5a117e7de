import { expect, test } from "vitest";
import { createMemoryControlStore } from "../../../runtime/adapters/memory/memory-control-store.ts";
import { createClient } from "../../../runtime/client.ts";
import type { SubscriberSettings, UseCaseSettings } from "../../../runtime/contract/contract.ts";
import { changeOverride, type Override, readOverrides } from "../../../runtime/control/overrides.ts";
import { connectMemory, createSimulatedClock } from "../../../runtime/testing/testing.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { noteContracts } from "../note-contract.ts";

const WHO = { by: "ada", at: 1 };

interface PlaceOptions {
  readonly settings?: Partial<UseCaseSettings>;
  readonly subscribers?: Readonly<Record<string, Partial<SubscriberSettings>>>;
}

/** Workers on one use case whose tasks take a second each, in virtual time. */
async function openPlace({ settings, subscribers = { default: {} } }: PlaceOptions = {}) {
  const clock = createSimulatedClock(1);
  const { ports } = connectMemory(clock);
  const store = createMemoryControlStore();
  let isAway = false;
  // As a store that other processes change: it tells nobody.
  const { watch: _, ...silent } = store;
  const openControlStore = async () => ({
    ...silent,
    list: (prefix: string) => (isAway ? Promise.reject(new Error("away")) : store.list(prefix)),
  });
  const running = { now: 0, most: 0 };
  const done: string[] = [];
  const problems: string[] = [];
  const handler = async ({ id }: { id: string }) => {
    running.now++;
    running.most = Math.max(running.most, running.now);
    await new Promise<void>((resolve) => void clock.after(1_000, resolve));
    running.now--;
    done.push(id);
  };
  const handlers = Object.fromEntries(Object.keys(subscribers).map((name) => [name, handler]));
  const { executor, client } = noteContracts({ ...(settings && { settings }), subscribers, handlers });
  const notes = createClient(client);

  async function inTime<T>(promise: Promise<T>): Promise<T> {
    let ended = false;
    const settled = promise.finally(() => {
      ended = true;
    });
    settled.catch(() => {});
    await clock.until(() => ended, 60_000);
    return settled;
  }

  return {
    clock,
    store,
    running,
    done,
    problems,
    setAway(to: boolean) {
      isAway = to;
    },
    enqueue: (count: number, key = "") =>
      inTime(notes.enqueueAll(Array.from({ length: count }, (_, i) => ({ id: `${key}${i}`, key })))),
    work: () =>
      inTime(
        startWorker({
          ports: { ...ports, openControlStore },
          executors: [executor],
          reportProblem: ({ message }) => problems.push(message),
        }),
      ),
    set: (change: Override, subscriber = "") => changeOverride(store, { useCase: "note", subscriber }, change, WHO),
  };
}

test.each([false, true])(
  "paused (in order: %s): no worker starts a task 2 s later, also one that starts then; resumed, all go on",
  async (ordered) => {
    const place = await openPlace({ settings: { ordered } });
    await place.work();
    await place.work();
    await place.enqueue(60, "a");
    await place.enqueue(60, "b");
    await place.clock.advance(2_500);
    await place.set({ paused: true });
    await place.clock.advance(3_500);
    const before = place.done.length;
    expect(before).toBeLessThan(120);
    expect(place.running.now).toBe(0);
    const late = await place.work();
    await place.clock.advance(60_000);
    expect(place.done).toHaveLength(before);
    expect(late.counts().note?.default?.flowControl.paused).toBe(true);
    await place.set({ paused: undefined });
    await place.clock.advance(200_000);
    expect(place.done).toHaveLength(120);
    expect(new Set(place.done).size).toBe(120);
    expect(await readOverrides(place.store)).toMatchObject({ all: [] });
    expect(place.problems).toEqual([]);
  },
);

test("a limit of an operator's holds instead of the declared one, higher or lower, until it is cleared", async () => {
  const place = await openPlace({ subscribers: { default: { maxInFlight: 4 } } });
  await place.work();
  await place.enqueue(400);
  await place.clock.advance(3_000);
  expect(place.running.most).toBe(4);
  await place.set({ maxInFlight: 20 });
  await place.clock.advance(4_000);
  expect(place.running.most).toBe(20);
  await place.set({ maxInFlight: 1 });
  await place.clock.advance(3_000);
  place.running.most = 0;
  const before = place.done.length;
  await place.clock.advance(10_000);
  expect([place.running.most, place.done.length - before]).toEqual([1, 10]);
  await place.set({ maxInFlight: undefined });
  await place.clock.advance(5_000);
  expect(place.running.most).toBe(4);
});

test("a rate of an operator's holds instead of the declared one, and null lifts it", async () => {
  const place = await openPlace({
    subscribers: { default: { maxInFlight: 16, rate: { count: 10, periodMs: 1_000 } } },
  });
  await place.work();
  await place.enqueue(2_000);
  await place.clock.advance(10_000);
  await place.set({ rate: { count: 60, periodMs: 60_000 } });
  await place.clock.advance(62_000);
  const before = place.done.length;
  await place.clock.advance(30_000);
  expect(place.done.length - before).toBeGreaterThanOrEqual(29);
  expect(place.done.length - before).toBeLessThanOrEqual(31);
  await place.set({ rate: null });
  await place.clock.advance(3_000);
  expect(place.running.now).toBe(16);
});

test("a subscriber's own settings go before its use case's, each for itself", async () => {
  const place = await openPlace({ subscribers: { mail: {}, push: {} } });
  await place.set({ paused: true, maxInFlight: 3 });
  await place.set({ paused: false }, "push");
  const overrides = await readOverrides(place.store);
  expect(overrides.of({ useCase: "note", subscriber: "mail" })).toEqual({ paused: true, maxInFlight: 3 });
  expect(overrides.of({ useCase: "note", subscriber: "push" })).toEqual({ paused: false, maxInFlight: 3 });
  expect(overrides.of({ useCase: "other", subscriber: "push" })).toEqual({});
  // The last word on all of them holds for all of them.
  await place.set({ paused: true });
  expect((await readOverrides(place.store)).of({ useCase: "note", subscriber: "push" }).paused).toBe(true);
  await place.set({ paused: false }, "push");
  await place.work();
  await place.enqueue(5);
  await place.clock.advance(10_000);
  expect(place.done).toHaveLength(5);
  expect(place.running.most).toBe(3);
});

test("a store that can't be read changes nothing, is reported, and is read again once it can be", async () => {
  const place = await openPlace();
  await place.work();
  await place.set({ paused: true });
  await place.clock.advance(2_000);
  place.setAway(true);
  await place.enqueue(5);
  await place.clock.advance(5_000);
  expect(place.done).toEqual([]);
  expect(place.problems[0]).toContain("What is paused and which limits are overridden can't be read now: away");
  await place.set({ paused: false });
  await place.clock.advance(5_000);
  expect(place.done).toEqual([]);
  place.setAway(false);
  await place.clock.advance(5_000);
  expect(place.done).toHaveLength(5);
});

test("a store that tells of changes is not asked again and again", async () => {
  const clock = createSimulatedClock(1);
  const { ports } = connectMemory(clock);
  const store = await ports.openControlStore!();
  let looks = 0;
  const openControlStore = async () => ({
    ...store,
    list(prefix: string) {
      looks++;
      return store.list(prefix);
    },
  });
  const { executor } = noteContracts({ handlers: { default: () => {} } });
  const worker = await startWorker({ ports: { ...ports, openControlStore }, executors: [executor] });
  await clock.advance(60_000);
  expect(looks).toBeLessThanOrEqual(2);
  await changeOverride(store, { useCase: "note", subscriber: "default" }, { paused: true }, WHO);
  await clock.advance(1);
  expect(worker.counts().note?.default?.flowControl.paused).toBe(true);
});

test("what many operators change at once is all there", async () => {
  const { store } = await openPlace();
  const places = Array.from({ length: 20 }, (_, i) => ({ useCase: "note", subscriber: `s${i % 2}` }));
  await Promise.all(
    places.map((place, i) => changeOverride(store, place, i % 4 < 2 ? { paused: true } : { maxInFlight: i + 1 }, WHO)),
  );
  const overrides = await readOverrides(store);
  for (const subscriber of ["s0", "s1"]) {
    const { paused, maxInFlight } = overrides.of({ useCase: "note", subscriber });
    expect([paused, typeof maxInFlight]).toEqual([true, "number"]);
  }
});
