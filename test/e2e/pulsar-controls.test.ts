import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPostgresControlStore } from "../../runtime/adapters/postgres/postgres-control-store.ts";
import { openPostgresStores } from "../../runtime/adapters/postgres/postgres-stores.ts";
import { createClient } from "../../runtime/client.ts";
import { connectTo } from "../../runtime/connection.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import { changeOverride } from "../../runtime/control/overrides.ts";
import type { Ports } from "../../runtime/ports/ports.ts";
import { startWorker } from "../../runtime/worker.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { describeControlStore } from "../runtime/control/control-store-suite.ts";
import { noteContracts } from "../runtime/note-contract.ts";
import { type PostgresServer, startPostgres } from "./postgres/server.ts";
import { createNamespace, WAYS } from "./pulsar/transports.ts";

let server: PostgresServer;
let broker: PulsarBroker;

beforeAll(async () => {
  [server, broker] = await Promise.all([startPostgres(), startPulsarBroker()]);
}, INSTALL_TIMEOUT_MS);

afterAll(() => Promise.all([server?.stop(), broker?.stop()]));

describeControlStore("postgres", () => openPostgresControlStore({ url: server.url, schema: "control_suite" }));

test("postgres: a call rejects while the server is away, and works again when it is back", async () => {
  const store = await openPostgresControlStore({ url: server.url, schema: "control_away", callTimeoutMs: 3_000 });
  expect(await store.put("flow/a/", "1", 0)).toBe(true);
  await server.kill();
  await expect(store.list("flow/")).rejects.toThrow("PostgreSQL");
  await server.restart();
  await expect.poll(() => store.list("flow/").catch(() => []), { timeout: 20_000 }).toMatchObject([{ value: "1" }]);
  await store.close();
}, 60_000);

test.each(WAYS)(
  "$name: a pause holds in all workers within 2 s, and in those that start later",
  async (way) => {
    const { name } = await createNamespace(broker);
    const schema = `pause_${name.replace(/\W/g, "_")}`;
    const opened: Ports[] = [];
    /** Another process's ports. */
    const open = async (): Promise<Ports> => {
      const stores = await openPostgresStores({ url: server.url, schema });
      const ports = { transport: await way.open(broker, { namespace: name }), ...stores, clock: systemClock };
      opened.push(ports);
      return ports;
    };
    const starts: number[] = [];
    const { client, executor } = noteContracts({
      subscribers: { default: { maxInFlight: 4 } },
      handlers: {
        default: async () => {
          starts.push(performance.now());
          await sleep(20);
        },
      },
    });
    const work = async () => startWorker({ ports: await open(), executors: [executor], reportProblem: () => {} });
    const workers = [await work(), await work()];
    connectTo(await open());
    await createClient(client).enqueueAll(Array.from({ length: 3_000 }, (_, i) => ({ id: `n${i}` })));
    await expect.poll(() => starts.length, { timeout: 20_000 }).toBeGreaterThan(100);

    const control = await openPostgresControlStore({ url: server.url, schema });
    const place = { useCase: "note", subscriber: "" };
    await changeOverride(control, place, { paused: true }, { by: "test", at: Date.now() });
    const pausedAt = performance.now();
    await sleep(4_000);
    expect(starts.at(-1)! - pausedAt).toBeLessThan(2_000);
    await workers[0]!.drain(5_000);
    workers[0] = await work();
    const before = starts.length;
    await sleep(3_000);
    expect(starts).toHaveLength(before);
    expect(before).toBeLessThan(3_000);
    await changeOverride(control, place, { paused: undefined }, { by: "test", at: Date.now() });
    await expect.poll(() => starts.length, { timeout: 60_000 }).toBe(3_000);
    await Promise.all(workers.map((worker) => worker.drain(5_000)));
    await control.close();
    for (const { transport, delayStore, dedupeStore } of opened) {
      await Promise.all([transport.close(), delayStore.close(), dedupeStore.close()]);
    }
  },
  180_000,
);
