import { beforeEach, expect, test } from "vitest";
import { openConsumer, type Source, type SourceEvents } from "../../../runtime/adapters/pulsar/consumer.ts";
import type { ConsumerState } from "../../../runtime/adapters/pulsar/standstill.ts";
import type { Message } from "../../../runtime/contract/contract.ts";
import { createSimulatedClock, type SimulatedClock } from "../../../runtime/testing/simulated-clock.ts";
import type { Consumer } from "../../../runtime/transport/transport.ts";
import { record } from "../records.ts";

const LOOK_AFTER_MS = 5_000;

interface Opened {
  readonly events: SourceEvents<string>;
  asked: number;
  isClosed: boolean;
}

let clock: SimulatedClock;
let sources: Opened[];
let state: ConsumerState;
/** Whether a source that is told to close does so. */
let closes: boolean;
let consumer: Consumer;

beforeEach(async () => {
  clock = createSimulatedClock(1);
  sources = [];
  state = { draining: [], permits: 1, unsettled: 0 };
  closes = true;
  consumer = await openConsumer({
    what: "Consuming",
    clock,
    open: async (events) => openSource(events),
    lookAfterMs: () => LOOK_AFTER_MS,
    unload: async () => {},
    onAcknowledged() {},
    onClose() {},
  });
});

function openSource(events: SourceEvents<string>): Source<string> {
  const source: Opened = { events, asked: 0, isClosed: false };
  sources.push(source);
  return {
    fault: undefined,
    ask(count) {
      source.asked += count;
      return true;
    },
    acknowledge: async () => {},
    giveBack() {},
    look: async () => state,
    keepProcess() {},
    async close() {
      source.isClosed = true;
      if (!closes) await new Promise(() => {});
    },
  };
}

/** It comes by the source that was opened last. */
function arrive(id: string): void {
  const message: Message = { ...record(id), position: id };
  sources.at(-1)!.events.onMessage(message, id);
}

async function receive(): Promise<readonly Message[]> {
  const received = consumer.receive(10);
  await clock.advance(10);
  return received;
}

test("what a long task holds does not keep a consumer that is to be opened anew from taking in the rest", async () => {
  state = { draining: [7], permits: 1, unsettled: 0 };
  await clock.advance(2 * LOOK_AFTER_MS);
  arrive("long");
  const [long] = await receive();
  const received = consumer.receive(10);
  const { asked } = sources[0]!;
  // It waits for the task, and then no more.
  await clock.advance(5 * LOOK_AFTER_MS);
  expect(sources[0]!.asked).toBeGreaterThan(asked);
  arrive("next");
  await clock.advance(10);
  const next = await received;
  expect(next.map(({ id }) => id)).toEqual(["next"]);
  expect(sources).toHaveLength(1);
  // Once nothing is held, it is opened anew.
  await consumer.acknowledge([long!, ...next]);
  await clock.advance(4 * LOOK_AFTER_MS);
  expect(sources.length).toBeGreaterThan(1);
  expect(sources[0]!.isClosed).toBe(true);
});

test("a source that does not close does not keep another from being opened", async () => {
  closes = false;
  const received = consumer.receive(10);
  sources[0]!.events.onLost();
  await clock.advance(60_000);
  expect(sources).toHaveLength(2);
  expect(sources[1]!.asked).toBe(10);
  arrive("first");
  await clock.advance(10);
  expect((await received).map(({ id }) => id)).toEqual(["first"]);
});

test("what a source brings while it ends is left to whoever gets it then", async () => {
  closes = false;
  const received = consumer.receive(10);
  sources[0]!.events.onLost();
  arrive("a");
  await clock.advance(60_000);
  expect(sources).toHaveLength(2);
  arrive("b");
  await clock.advance(10);
  expect((await received).map(({ id }) => id)).toEqual(["b"]);
});
