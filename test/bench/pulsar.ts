/*
 * Tasks a second, and CPU time of this process a task, on a real Pulsar broker: a bare loop that produces, consumes and
 * acknowledges, beside the same through all five layers, from enqueue to handler. Both on the same transport, in turns,
 * while the machine does nothing else. What the layers keep of the bare loop's rate is the figure that matters.
 */
import { decode, encode } from "../../generated/index-file/codec.ts";
import { fromJson } from "../../generated/index-file/json.ts";
import { settings } from "../../generated/index-file/settings.ts";
import { validate } from "../../generated/index-file/validate.ts";
import { createClient } from "../../runtime/client.ts";
import { systemClock } from "../../runtime/clock.ts";
import { connectTo } from "../../runtime/connection.ts";
import { createMemoryDedupeStore } from "../../runtime/frontend/memory-dedupe-store.ts";
import { createMemoryDelayStore } from "../../runtime/scheduler/memory-delay-store.ts";
import type { Transport } from "../../runtime/transport/transport.ts";
import { startWorker } from "../../runtime/worker.ts";
import { createNamespace, WAYS } from "../e2e/pulsar/transports.ts";
import { startPulsarBroker } from "../parts/pulsar-broker.ts";
import { record } from "../transport/records.ts";
import { printFigure, rateOf } from "./figure.ts";

const TASKS = 40_000;
/** All of them count: a virtual machine's speed varies by half from one second to the next. */
const ROUNDS = 7;
const BATCH = 100;
/** Batches on their way at once. */
const PRODUCERS = 8;
const IN_FLIGHT = 1_024;
const modifiedAt = new Date(1_790_000_000_000);
/** 200 bytes once encoded. */
const fileFound = (index: number) => ({
  path: `${index}`.padStart(170, "0"),
  sizeBytes: index,
  modifiedAt,
  root: "bench",
});

interface Result {
  readonly wallMs: number;
  readonly cpuMicros: number;
}

async function timed(run: () => Promise<void>): Promise<Result> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - startedAt, cpuMicros: user + system };
}

/** Runs `publish` for every batch, several at once. */
async function inBatches(publish: (first: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const produce = async () => {
    while (next < TASKS) {
      const first = next;
      next += BATCH;
      await publish(first);
    }
  };
  await Promise.all(Array.from({ length: PRODUCERS }, produce));
}

async function bare(transport: Transport, topic: string): Promise<Result> {
  await transport.declare([{ name: topic, ordered: false, subscriptions: ["s"] }]);
  const producer = await transport.producer(topic);
  const consumer = await transport.subscribe(topic, "s", "shared");
  const result = await timed(async () => {
    const consumed = (async () => {
      const settling: Promise<void>[] = [];
      for (let count = 0; count < TASKS; ) {
        const messages = await consumer.receive(2 * IN_FLIGHT);
        count += messages.length;
        settling.push(consumer.acknowledge(messages));
      }
      await Promise.all(settling);
    })();
    await inBatches((first) =>
      producer.publish(
        Array.from({ length: BATCH }, (_, offset) =>
          record(`bare-${first + offset}`, { payload: encode(fileFound(first + offset)) }),
        ),
      ),
    );
    await consumed;
    // As a worker's drain does.
    await consumer.close();
  });
  await producer.close();
  return result;
}

async function layered(transport: Transport, name: string): Promise<Result> {
  let handled = 0;
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const subscribers = settings.subscribers.map((subscriber) => ({ ...subscriber, maxInFlight: IN_FLIGHT }));
  const own = { ...settings, name, fair: false, subscribers };
  const handler = async () => {
    handled += 1;
    if (handled === TASKS) finish();
  };
  const executor = { settings: own, decode, subscribers: { default: { handler } } };
  const ports = {
    // Closed by whoever opened it, since more rounds follow.
    transport: { ...transport, close: async () => {} },
    delayStore: createMemoryDelayStore(),
    dedupeStore: createMemoryDedupeStore(),
    clock: systemClock,
  };
  const connection = connectTo(ports);
  const client = createClient({ settings: own, validate, encode, fromJson });
  const worker = await startWorker({ ports, executors: [executor], maxInFlight: 2 * IN_FLIGHT });
  const result = await timed(async () => {
    await inBatches((first) =>
      client.enqueueAll(Array.from({ length: BATCH }, (_, offset) => fileFound(first + offset))),
    );
    await done;
    // Stores all outcomes and closes the consumer, as the bare loop has when it ends.
    await worker.drain();
  });
  await connection.close();
  return result;
}

const broker = await startPulsarBroker();
for (const way of WAYS) {
  const namespace = await createNamespace(broker);
  const transport = await way.open(broker, { namespace: namespace.name });
  // The broker's first thousands of messages are its compiler's.
  await bare(transport, "warm-up-bare");
  await layered(transport, "warm-up-layers");
  const totalMs = { bare: 0, layers: 0 };
  for (let round = 1; round <= ROUNDS; round++) {
    // By turns first and second, so that what gets slower or faster meanwhile favours neither.
    const first = round % 2 === 0 ? await layered(transport, `layers-${round}`) : undefined;
    const results = {
      bare: await bare(transport, `bare-${round}`),
      layers: first ?? (await layered(transport, `layers-${round}`)),
    };
    for (const [system, { wallMs, cpuMicros }] of Object.entries(results)) {
      printFigure({
        bench: "pulsar",
        transport: way.name,
        system,
        round,
        tasks: TASKS,
        ...rateOf(TASKS, wallMs, cpuMicros),
      });
    }
    totalMs.bare += results.bare.wallMs;
    totalMs.layers += results.layers.wallMs;
  }
  printFigure({
    bench: "pulsar",
    transport: way.name,
    keptOfBare: Math.round((totalMs.bare / totalMs.layers) * 100) / 100,
  });
  await transport.close();
}
await broker.stop();
