/*
 * Tasks a second, and CPU time of this process a task, on a real Pulsar broker: a bare loop that produces, consumes and
 * acknowledges, beside the same through all five layers, from enqueue to handler. Both on the same transport, in turns,
 * while the machine does nothing else. What the layers keep of the bare loop's rate is one figure that matters; the other
 * is how the ways compare: all of them run in turns, on one broker.
 *
 *   node test/bench/pulsar.ts [--way binary] [--tasks 200000] [--rounds 7] [--keys 1000]
 *
 * With `--keys`, events have so many keys, and run in the order of theirs.
 */
import { parseArgs } from "node:util";
import { decode, encode } from "../../generated/index-file/codec.ts";
import { fromJson } from "../../generated/index-file/json.ts";
import { settings } from "../../generated/index-file/settings.ts";
import { validate } from "../../generated/index-file/validate.ts";
import { createMemoryDedupeStore } from "../../runtime/adapters/memory/memory-dedupe-store.ts";
import { createMemoryDelayStore } from "../../runtime/adapters/memory/memory-delay-store.ts";
import { createClient } from "../../runtime/client.ts";
import { connectTo } from "../../runtime/connection.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { Transport } from "../../runtime/transport/transport.ts";
import { startWorker } from "../../runtime/worker.ts";
import { createNamespace, WAYS, type Way } from "../e2e/pulsar/transports.ts";
import { startPulsarBroker } from "../parts/pulsar-broker.ts";
import { record } from "../transport/records.ts";
import { printFigure, rateOf } from "./figure.ts";

const { values } = parseArgs({
  options: {
    way: { type: "string", default: "" },
    tasks: { type: "string", default: "200000" },
    rounds: { type: "string", default: "7" },
    keys: { type: "string", default: "0" },
  },
});
const TASKS = Number(values.tasks);
/** All of them count: a virtual machine's speed varies by half from one second to the next. */
const ROUNDS = Number(values.rounds);
const KEYS = Number(values.keys);
const isOrdered = KEYS > 0;
/** Ways that take each message by itself get a fifth of the tasks, so that all take about as long. */
const tasksOf = ({ name }: Way) => (name.includes("binary") ? TASKS : Math.ceil(TASKS / 5 / BATCH) * BATCH);
const BATCH = 100;
/** Batches on their way at once. */
const PRODUCERS = 32;
const IN_FLIGHT = 4_096;
const modifiedAt = new Date(1_790_000_000_000);
/** 256 bytes once encoded. */
const fileFound = (index: number) => ({
  path: `${index}`.padStart(226, "0"),
  sizeBytes: index,
  modifiedAt,
  root: isOrdered ? `key-${index % KEYS}` : "bench",
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
async function inBatches(tasks: number, publish: (first: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const produce = async () => {
    while (next < tasks) {
      const first = next;
      next += BATCH;
      await publish(first);
    }
  };
  await Promise.all(Array.from({ length: PRODUCERS }, produce));
}

async function bare(transport: Transport, topic: string, tasks: number): Promise<Result> {
  await transport.declare([{ name: topic, ordered: isOrdered, subscriptions: ["s"] }]);
  const producer = await transport.producer(topic);
  const consumer = await transport.subscribe(topic, "s", isOrdered ? "key-shared" : "shared");
  const result = await timed(async () => {
    const consumed = (async () => {
      const settling: Promise<void>[] = [];
      for (let count = 0; count < tasks; ) {
        const messages = await consumer.receive(2 * IN_FLIGHT);
        count += messages.length;
        settling.push(consumer.acknowledge(messages));
      }
      await Promise.all(settling);
    })();
    await inBatches(tasks, (first) =>
      producer.publish(
        Array.from({ length: BATCH }, (_, offset) => {
          const event = fileFound(first + offset);
          return record(`bare-${first + offset}`, { key: isOrdered ? event.root : "", payload: encode(event) });
        }),
      ),
    );
    await consumed;
    // As a worker's drain does.
    await consumer.close();
  });
  await producer.close();
  return result;
}

async function layered(transport: Transport, name: string, tasks: number): Promise<Result> {
  let handled = 0;
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const subscribers = settings.subscribers.map((subscriber) => ({ ...subscriber, maxInFlight: IN_FLIGHT }));
  const own = { ...settings, name, fair: false, ordered: isOrdered, subscribers };
  const handler = async () => {
    handled += 1;
    if (handled === tasks) finish();
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
  const client = createClient({
    settings: own,
    validate,
    encode,
    fromJson,
    orderBy: ({ root }: { root: string }) => root,
  });
  const worker = await startWorker({ ports, executors: [executor], maxInFlight: 2 * IN_FLIGHT });
  const result = await timed(async () => {
    await inBatches(tasks, (first) =>
      client.enqueueAll(Array.from({ length: BATCH }, (_, offset) => fileFound(first + offset))),
    );
    await done;
    // Stores all outcomes and closes the consumer, as the bare loop has when it ends.
    await worker.drain();
  });
  await connection.close();
  return result;
}

const broker = await startPulsarBroker({ isMeasured: true });
const ways = await Promise.all(
  WAYS.filter(({ name }) => name.includes(values.way)).map(async (way) => {
    const namespace = await createNamespace(broker);
    const transport = await way.open(broker, { namespace: namespace.name });
    return { name: way.name, transport, tasks: tasksOf(way), totalMs: { bare: 0, layers: 0 } };
  }),
);
// The broker's first thousands of messages are its compiler's, and ours.
for (const { transport, tasks } of ways) {
  await bare(transport, "warm-up-bare", tasks);
  await layered(transport, "warm-up-layers", tasks);
}
for (let round = 1; round <= ROUNDS; round++) {
  for (const { name, transport, tasks, totalMs } of ways) {
    // By turns first and second, so that what gets slower or faster meanwhile favours neither.
    const first = round % 2 === 0 ? await layered(transport, `layers-${round}`, tasks) : undefined;
    const results = {
      bare: await bare(transport, `bare-${round}`, tasks),
      layers: first ?? (await layered(transport, `layers-${round}`, tasks)),
    };
    for (const [system, { wallMs, cpuMicros }] of Object.entries(results)) {
      printFigure({
        bench: "pulsar",
        transport: name,
        system,
        ...(isOrdered && { keys: KEYS }),
        round,
        tasks,
        ...rateOf(tasks, wallMs, cpuMicros),
      });
    }
    totalMs.bare += results.bare.wallMs;
    totalMs.layers += results.layers.wallMs;
  }
}
for (const { name, transport, tasks, totalMs } of ways) {
  printFigure({
    bench: "pulsar",
    transport: name,
    tasksPerSecond: Math.round((ROUNDS * tasks * 1_000) / totalMs.layers),
    keptOfBare: Math.round((totalMs.bare / totalMs.layers) * 100) / 100,
  });
  await transport.close();
}
await broker.stop();
