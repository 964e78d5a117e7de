import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openEmbeddedTransport } from "../../runtime/adapters/embedded/embedded.ts";
import { createMemoryTransport } from "../../runtime/adapters/memory/memory.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { TaskRecord } from "../../runtime/contract/contract.ts";
import type { Transport } from "../../runtime/transport/transport.ts";
import { record } from "../transport/records.ts";

/*
 * Prints one JSON line a measurement: records a second and CPU µs a record (all threads of the process, the kernel's
 * part too), for publishing until it is durable, and for receiving with acknowledging until that is stored.
 *
 *   node test/bench/transport.ts [--seconds 3] [--transport embedded] [--batch 100]
 *
 * What profiling it (`node --cpu-prof`) has taught, on two cores of a virtual machine:
 *
 * - A commit costs 330 µs of CPU whatever is in it, nearly all of it the kernel's for fdatasync in lmdb's thread; the
 *   main thread waits for 60 % of the time. So all that counts is how many records a commit has. That is what group
 *   commit and batches as entries are for: 4 µs a record at 100 single publishes under way, 0.7 at 4 × 1,000.
 * - Encoding takes 0.18 µs a record and decoding 0.31, since texts that repeat are stored once, and short ones are
 *   copied by a loop: each call of Buffer's own methods costs as much as 20 characters.
 * - Entries' memory is used again: filling fresh memory costs the kernel more than the records cost us.
 * - A change of the cursors costs 13 µs without a sync, 120 of CPU and 490 of waiting with lmdb's overlapping one: hence
 *   a store of their own that lives until the machine reboots, and checkpoints in the log.
 * - Counting used pages (`getStats`) took 2 % and is done only where there is a quota or little room.
 */

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    transport: { type: "string" },
    batch: { type: "string" },
  },
});
const MEASURE_MS = Number(values.seconds) * 1_000;
const PAYLOAD_BYTES = 256;

/** `publishers` calls of `publish` are under way at a time, of `batch` records each. */
const LOADS = [
  { batch: 1, publishers: 1 },
  { batch: 1, publishers: 100 },
  { batch: 100, publishers: 4 },
  { batch: 1_000, publishers: 4 },
];

const TRANSPORTS: Record<string, (folder: string) => Promise<Transport>> = {
  embedded: (folder) => openEmbeddedTransport({ folder, clock: systemClock }),
  memory: async () => createMemoryTransport({ clock: systemClock }),
};

function recordsOf(count: number): TaskRecord[] {
  const payload = new Uint8Array(PAYLOAD_BYTES).fill(7);
  return Array.from({ length: count }, (_, index) =>
    record(systemClock.randomId(26), { key: `file-${index}`, tenant: `team-${index % 10}`, payload }),
  );
}

async function measure(step: string, load: object, run: (until: number) => Promise<number>): Promise<number> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const count = await run(start + MEASURE_MS);
  const elapsedMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const line = {
    step,
    ...load,
    records: count,
    recordsPerSecond: Math.round(count / (elapsedMs / 1_000)),
    cpuUsPerRecord: Number(((user + system) / count).toFixed(2)),
  };
  console.log(JSON.stringify(line));
  return count;
}

async function benchmark(name: string, { batch, publishers }: (typeof LOADS)[number], ordered: boolean) {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-bench-"));
  const transport = await TRANSPORTS[name]!(folder);
  await transport.declare([{ name: "t", ordered, subscriptions: ["s"] }]);
  const producer = await transport.producer("t");
  const records = recordsOf(batch);
  const load = { transport: name, ordered, batch, publishers };

  const published = await measure("publish", load, async (until) => {
    const counts = Array.from({ length: publishers }, async () => {
      let count = 0;
      for (; performance.now() < until; count += batch) await producer.publish(records);
      return count;
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  });

  const consumer = await transport.subscribe("t", "s", ordered ? "key-shared" : "shared");
  await measure("receive and acknowledge", load, async () => {
    let count = 0;
    const stored: Promise<void>[] = [];
    while (count < published) {
      const messages = await consumer.receive(Math.max(batch, 100));
      stored.push(consumer.acknowledge(messages));
      count += messages.length;
    }
    await Promise.all(stored);
    return count;
  });
  await transport.close();
  await rm(folder, { recursive: true });
}

for (const name of Object.keys(TRANSPORTS)) {
  if (values.transport && values.transport !== name) continue;
  for (const load of LOADS) {
    if (values.batch && Number(values.batch) !== load.batch) continue;
    for (const ordered of [false, true]) await benchmark(name, load, ordered);
  }
}
