import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMemoryDedupeStore } from "../../runtime/adapters/memory/memory-dedupe-store.ts";
import { createMemoryDelayStore } from "../../runtime/adapters/memory/memory-delay-store.ts";
import { FAIR_PARTITIONS } from "../../runtime/adapters/pulsar/settings.ts";
import { createClient } from "../../runtime/client.ts";
import { connectTo } from "../../runtime/connection.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import { partitionOfKey } from "../../runtime/transport/key-partition.ts";
import { startWorker } from "../../runtime/worker.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { type Note, noteContracts } from "../runtime/note-contract.ts";
import { waitUntil } from "./pulsar/load.ts";
import { createNamespace, WAYS } from "./pulsar/transports.ts";

const MAX_IN_FLIGHT = 4;
/** Tasks that are taken before their turn: what a worker holds, and one of each partition. */
const WINDOW = 2 * MAX_IN_FLIGHT + FAIR_PARTITIONS;
/** By then messages of all partitions have come: turns go round those that there are, and the first to come has all. */
const ALL_COME_MS = 1_000;

let broker: PulsarBroker;

beforeAll(async () => {
  broker = await startPulsarBroker();
}, INSTALL_TIMEOUT_MS);

afterAll(() => broker?.stop());

/** One long backlog before many short ones. */
function backlogs(): Note[] {
  const notes: Note[] = [];
  for (let index = 0; index < 2_000; index++) notes.push({ id: `big-${index}`, tenant: "big", key: `k${index % 50}` });
  for (let tenant = 0; tenant < 40; tenant++) {
    for (let index = 0; index < 20; index++) {
      notes.push({ id: `t${tenant}-${index}`, tenant: `t${tenant}`, key: `k${index % 5}` });
    }
  }
  return notes;
}

/** When the last task of each tenant ends in a round robin over partitions, counted in tasks. */
function roundRobin(notes: readonly Note[]): Map<string, number> {
  const sizes = new Map<number, number>();
  const places = new Map<string, number>();
  for (const { tenant } of notes) {
    const partition = partitionOfKey(tenant!, FAIR_PARTITIONS);
    sizes.set(partition, (sizes.get(partition) ?? 0) + 1);
    places.set(tenant!, sizes.get(partition)!);
  }
  const ends = new Map<string, number>();
  for (const [tenant, place] of places) {
    ends.set(
      tenant,
      [...sizes.values()].reduce((sum, size) => sum + Math.min(size, place), 0),
    );
  }
  return ends;
}

describe.each(WAYS)("$name", (way) => {
  test.each([false, true])("tenants take turns whatever the backlog of another (ordered: %s)", async (ordered) => {
    const { name } = await createNamespace(broker);
    const transport = await way.open(broker, { namespace: name });
    const connection = connectTo({
      transport,
      delayStore: createMemoryDelayStore(),
      dedupeStore: createMemoryDedupeStore(),
      clock: systemClock,
    });
    const ended: Note[] = [];
    let allCome = Promise.resolve();
    const { client, executor } = noteContracts({
      settings: { fair: true, ordered },
      subscribers: { default: { maxInFlight: MAX_IN_FLIGHT } },
      handlers: {
        default: async (note) => {
          await allCome;
          await sleep(1);
          ended.push(note);
        },
      },
    });
    const notes = backlogs();
    const enqueue = createClient(client);
    for (let from = 0; from < notes.length; from += 400) await enqueue.enqueueAll(notes.slice(from, from + 400));
    allCome = sleep(ALL_COME_MS);
    const worker = await startWorker({ ports: connection.ports, executors: [executor] });
    await waitUntil(
      () => ended.length >= notes.length,
      120_000,
      () => `${ended.length} of ${notes.length} ended`,
    );
    await worker.drain();
    await connection.close();

    // In order, libpulsar's consumers fall behind their turns at times: 1.8 to 2.4 were seen.
    const most = ordered && way.name.includes("libpulsar") ? 2.75 : 2;
    const lasts = new Map(ended.map(({ tenant }, index) => [tenant!, index + 1]));
    let worst = 0;
    for (const [tenant, end] of roundRobin(notes)) {
      const last = lasts.get(tenant)!;
      worst = Math.max(worst, (last - WINDOW) / end);
      expect(last, `the last task of ${tenant} is number ${last}; ${end} in a round robin`).toBeLessThanOrEqual(
        most * end + WINDOW,
      );
    }
    console.log(
      `${way.name}, ordered ${ordered}: at most ${worst.toFixed(2)} of a round robin over partitions, and a window`,
    );
    if (!ordered) return;
    const seen = new Map<string, number>();
    for (const { tenant, key, id } of ended) {
      const place = `${tenant}/${key}`;
      const index = Number(id.split("-")[1]);
      expect(index, `${id} of ${place}`).toBeGreaterThan(seen.get(place) ?? -1);
      seen.set(place, index);
    }
  });
});
