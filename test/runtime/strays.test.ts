import { expect, test } from "vitest";
import { RetryError } from "../../runtime/authoring/outcome.ts";
import { createClient } from "../../runtime/client.ts";
import { connectTo } from "../../runtime/connection.ts";
import type { SubscriberSettings, UseCaseSettings } from "../../runtime/contract/contract.ts";
import type { FivefoldError } from "../../runtime/contract/errors.ts";
import { dropStray, moveStray } from "../../runtime/strays/stray-moves.ts";
import { createStrayFinder, targetOf } from "../../runtime/strays/strays.ts";
import { connectMemory, createSimulatedClock } from "../../runtime/testing/testing.ts";
import { startWorker, type Worker } from "../../runtime/worker.ts";
import { noteContracts } from "./note-contract.ts";

type Subscribers = Readonly<Record<string, Partial<SubscriberSettings>>>;

/** One place, where releases of a use case follow one another. */
function openPlace() {
  const clock = createSimulatedClock(1);
  const { ports } = connectMemory(clock);
  const handled: string[] = [];
  const problems: FivefoldError[] = [];
  let worker: Worker | undefined;

  async function inTime<T>(promise: Promise<T>): Promise<T> {
    let ended = false;
    const settled = promise.finally(() => {
      ended = true;
    });
    settled.catch(() => {});
    await clock.until(() => ended, 600_000);
    return settled;
  }

  function contracts(settings: Partial<UseCaseSettings>, subscribers: Subscribers = { default: {} }) {
    const handlers = Object.fromEntries(
      Object.keys(subscribers).map((name) => [
        name,
        ({ id }: { id: string }, task: { attempt: number }) => {
          handled.push(`${name} ${id}`);
          if (id.startsWith("later") && task.attempt === 1) throw new RetryError("later", { after: "1h" });
        },
      ]),
    );
    return noteContracts({ settings, subscribers, handlers });
  }

  return {
    clock,
    ports,
    handled,
    problems,
    inTime,
    /** Settings of a release. */
    settingsOf: (settings: Partial<UseCaseSettings>, subscribers?: Subscribers) =>
      contracts(settings, subscribers).client.settings,
    /** A release enqueues these, and has no worker. */
    async enqueue(ids: readonly string[], settings: Partial<UseCaseSettings>, subscribers?: Subscribers, delay?: "2h") {
      connectTo(ports);
      const { client } = contracts(settings, subscribers);
      const events = ids.map((id) => ({ id, key: id.slice(0, 1) }));
      await inTime(createClient(client).enqueueAll(events, delay ? { delay } : {}));
    },
    /** A release's worker takes over. */
    async work(settings: Partial<UseCaseSettings>, subscribers?: Subscribers) {
      if (worker) await inTime(worker.drain(1_000));
      const { executor } = contracts(settings, subscribers);
      const reportProblem = (problem: FivefoldError) => problems.push(problem);
      worker = await inTime(startWorker({ ports, executors: [executor], reportProblem }));
      await clock.advance(5_000);
    },
  };
}

const found = async (place: ReturnType<typeof openPlace>, settings: UseCaseSettings) => {
  const finder = createStrayFinder([settings]);
  return [...(await finder.inTopics(place.ports)), ...(await finder.inDelays(place.ports))];
};

test("a changed priority: delayed events follow it, and a worker tells of what waits in the old topic", async () => {
  const place = openPlace();
  await place.work({ priority: "normal" });
  await place.enqueue(["delayed"], { priority: "normal" }, undefined, "2h");
  await place.clock.advance(1_000);
  expect(await place.ports.delayStore.size()).toBe(1);
  await place.work({ priority: "high" });
  expect(place.problems).toEqual([]);

  // A producer of the release before goes on.
  await place.enqueue(["a1", "a2", "b1"], { priority: "normal" });
  await place.clock.advance(600_000);
  expect(place.problems.map(({ code }) => code)).toEqual(["stray-events"]);
  expect(place.problems[0]!.message).toBe(
    "3 events wait in topic 'note' for 'default', which nobody consumes: 'note' has the priority 'high' now, and its " +
      "workers consume 'note.high'. `fivefold strays move note default` hands them on, `fivefold strays drop note default` forgets them. [stray-events]",
  );
  await place.clock.advance(1_200_000);
  expect(place.problems).toHaveLength(1);

  expect(place.handled).toEqual([]);
  await place.clock.advance(7_200_000);
  expect(place.handled).toEqual(["default delayed"]);

  const settings = place.settingsOf({ priority: "high" });
  const [stray, ...others] = await found(place, settings);
  expect(others).toEqual([]);
  expect(await place.inTime(moveStray(place.ports, stray!, targetOf(stray!)!))).toEqual({ moved: 3, dropped: 0 });
  await place.clock.advance(1_000);
  expect(place.handled.slice(1)).toEqual(["default a1", "default a2", "default b1"]);
  expect(await found(place, settings)).toEqual([]);
});

test("of several subscribers, what is moved for one is handled by that one alone", async () => {
  const place = openPlace();
  const both = { mail: {}, log: {} };
  await place.enqueue(["a1"], { priority: "low" }, both);
  await place.work({ priority: "normal" }, both);
  const settings = place.settingsOf({ priority: "normal" }, both);
  const strays = await found(place, settings);
  expect(strays.map(({ topic, subscription, count }) => [topic, subscription, count])).toEqual([
    ["note.low", "mail", 1],
    ["note.low", "log", 1],
  ]);
  await place.inTime(moveStray(place.ports, strays[1]!, targetOf(strays[1]!)!));
  await place.clock.advance(1_000);
  expect(place.handled).toEqual(["log a1"]);
  await place.inTime(moveStray(place.ports, strays[0]!, targetOf(strays[0]!)!));
  await place.clock.advance(1_000);
  expect(place.handled).toEqual(["log a1", "mail a1"]);
});

test("a renamed subscriber: the new one gets nothing twice, the retries of the old one are handed on, and it keeps nothing more", async () => {
  const place = openPlace();
  await place.work({}, { old: {} });
  await place.enqueue(["later1", "a1"], {}, { old: {} });
  await place.clock.advance(1_000);
  expect(place.handled).toEqual(["old later1", "old a1"]);
  await place.work({}, { fresh: {} });
  place.handled.length = 0;
  await place.enqueue(["a2"], {}, { fresh: {} });
  await place.clock.advance(1_000);
  expect(place.handled).toEqual(["fresh a2"]);

  const settings = place.settingsOf({}, { fresh: {} });
  const strays = await found(place, settings);
  expect(strays.map(({ place: where, subscription, reason, count }) => [where, subscription, reason, count])).toEqual([
    ["topic", "old", "subscriber", 1],
    ["delays", "old", "subscriber", 1],
  ]);
  for (const stray of strays) {
    expect(targetOf(stray)).toBeUndefined();
    expect(stray.message).toContain("--to <use-case>/<subscriber>");
    await place.inTime(moveStray(place.ports, stray, { useCase: settings, subscriber: "fresh" }));
  }
  expect(await found(place, settings)).toEqual([]);
  const [topic] = await place.ports.transport.topics((name) => name === "note");
  expect(topic!.subscriptions.map(({ name }) => name)).toEqual(["fresh"]);
  await place.clock.advance(7_200_000);
  expect(place.handled).toEqual(["fresh a2", "fresh later1"]);
});

test("a use case that is gone: only whoever asks for all is told; it can be dropped, or handed to another one", async () => {
  const place = openPlace();
  await place.work({ name: "gone" });
  await place.enqueue(["later1"], { name: "gone" });
  await place.clock.advance(1_000);
  await place.work({ name: "note" });
  await place.enqueue(["a1", "a2"], { name: "gone" });
  const settings = place.settingsOf({ name: "note" });
  const finder = createStrayFinder([settings]);
  expect(await finder.inTopics(place.ports, new Set(["note"]))).toEqual([]);
  expect(place.problems).toEqual([]);
  const strays = await found(place, settings);
  expect(strays.map(({ topic, place: where, count, reason }) => [topic, where, count, reason])).toEqual([
    ["gone", "topic", 2, "use-case"],
    ["gone", "delays", 1, "use-case"],
  ]);
  place.handled.length = 0;
  await place.inTime(moveStray(place.ports, strays[0]!, { useCase: settings, subscriber: "default" }));
  expect(await place.inTime(dropStray(place.ports, strays[1]!))).toEqual({ moved: 0, dropped: 1 });
  await place.clock.advance(7_200_000);
  expect(place.handled).toEqual(["default a1", "default a2"]);
  expect(await found(place, settings)).toEqual([]);
});

test("what somebody consumes is no stray, and can't be moved away under them", async () => {
  const place = openPlace();
  await place.enqueue(["a1"], { priority: "low" });
  const consumer = await place.ports.transport.subscribe("note.low", "default", "shared");
  const settings = place.settingsOf({ priority: "high" });
  expect(await found(place, settings)).toEqual([]);
  await place.inTime(consumer.close());
  const [stray] = await found(place, settings);
  expect(stray).toMatchObject({ topic: "note.low", count: 1 });
  const holder = await place.ports.transport.subscribe("note.low", "default", "shared");
  expect(await place.inTime(holder.receive(10))).toHaveLength(1);
  await expect(place.inTime(moveStray(place.ports, stray!, targetOf(stray!)!))).rejects.toMatchObject({
    code: "throttled",
  });
});

test("dead letters of an old priority go to the present one's", async () => {
  const place = openPlace();
  await place.enqueue(["a1"], { priority: "normal" });
  await place.work({ priority: "normal", version: 1 });
  const { transport } = place.ports;
  const letters = await transport.producer("note-default-DLQ");
  const source = await transport.subscribe("note", "default", "shared").catch(() => undefined);
  await source?.close();
  const { client } = noteContracts({ handlers: { default: () => {} } });
  const record = {
    ...{
      id: "dead",
      useCase: "note",
      version: 1,
      enqueuedAt: 5,
      dueAt: 0,
      key: "",
      attempt: 4,
      priority: "normal" as const,
    },
    ...{ tenant: "", dedupeId: "", traceparent: "", subscription: "", payload: client.encode({ id: "dead" }) },
    failure: { reason: "attempts", message: "no", subscription: "default", failedAt: 6 },
  } as const;
  await letters.publish([record]);
  const settings = place.settingsOf({ priority: "high" });
  await place.work({ priority: "high" });
  const [stray] = (await found(place, settings)).filter(({ place: where }) => where === "dead-letters");
  expect(stray).toMatchObject({
    topic: "note-default-DLQ",
    subscription: "dead-letters",
    count: 1,
    reason: "priority",
  });
  await place.inTime(moveStray(place.ports, stray!, targetOf(stray!)!));
  const moved = await transport.subscribe("note.high-default-DLQ", "dead-letters", "shared");
  expect(await place.inTime(moved.receive(1))).toMatchObject([
    { id: "dead", attempt: 4, failure: { reason: "attempts" } },
  ]);
});
