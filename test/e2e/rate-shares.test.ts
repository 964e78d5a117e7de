import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEmbedded } from "../../runtime/adapters/embedded/embedded-ports.ts";
import { openPostgresStores } from "../../runtime/adapters/postgres/postgres-stores.ts";
import { createClient } from "../../runtime/client.ts";
import { connectTo } from "../../runtime/connection.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { Ports } from "../../runtime/ports/ports.ts";
import { startWorker } from "../../runtime/worker.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { noteContracts } from "../runtime/note-contract.ts";
import { type PostgresServer, startPostgres } from "./postgres/server.ts";
import { createNamespace, WAYS } from "./pulsar/transports.ts";

/* A declared rate of 100 tasks a second holds over all processes. */

const folders: string[] = [];
const processes: ChildProcess[] = [];
let server: PostgresServer;
let broker: PulsarBroker;

beforeAll(async () => {
  [server, broker] = await Promise.all([startPostgres(), startPulsarBroker()]);
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  for (const child of processes) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  await Promise.all([server?.stop(), broker?.stop()]);
});

const notes = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `${i}`, key: "" }));

test("embedded: processes that come, go and are killed start 100 a second in all", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-rates-"));
  folders.push(folder);
  const file = join(folder, "starts.txt");
  const connection = connectTo(await openEmbedded(join(folder, "data")));
  const { client } = noteContracts({ handlers: { default: () => {} } });
  await createClient(client).enqueueAll(notes(12_000));
  const start = async () => {
    const child = fork(join(import.meta.dirname, "rates/rated-worker.ts"), [join(folder, "data"), file]);
    processes.push(child);
    await once(child, "message");
    return child;
  };
  const first = await start();
  const second = await start();
  await sleep(5_000);
  const from = Date.now();
  await Promise.all([start(), start()]);
  await sleep(10_000);
  first.kill("SIGKILL");
  await sleep(10_000);
  second.kill("SIGTERM");
  await start();
  await sleep(10_000);
  const until = Date.now();
  for (const child of processes) child.kill("SIGTERM");
  await connection.close();
  const starts = readFileSync(file, "utf8").split("\n").filter(Boolean).map(Number);
  const rate = (1_000 * starts.filter((at) => at >= from && at < until).length) / (until - from);
  expect(rate).toBeGreaterThan(90);
  expect(rate).toBeLessThan(105);
}, 120_000);

test.each(WAYS)(
  "$name with PostgreSQL: one worker, four, and one again start 100 a second in all",
  async (way) => {
    const { name } = await createNamespace(broker);
    const opened: Ports[] = [];
    const open = async (): Promise<Ports> => {
      const stores = await openPostgresStores({ url: server.url, schema: `rates_${name.replace(/\W/g, "_")}` });
      const ports = { transport: await way.open(broker, { namespace: name }), ...stores, clock: systemClock };
      opened.push(ports);
      return ports;
    };
    const starts: number[] = [];
    const { client, executor } = noteContracts({
      subscribers: { default: { rate: { count: 100, periodMs: 1_000 } } },
      handlers: { default: () => void starts.push(performance.now()) },
    });
    const work = async () => startWorker({ ports: await open(), executors: [executor], reportProblem: () => {} });
    const workers = [await work()];
    connectTo(await open());
    await createClient(client).enqueueAll(notes(8_000));
    await expect.poll(() => starts.length, { timeout: 30_000 }).toBeGreaterThan(200);
    const from = performance.now();
    await sleep(10_000);
    workers.push(...(await Promise.all([work(), work(), work()])));
    await sleep(10_000);
    await Promise.all(workers.splice(0, 3).map((worker) => worker.drain(5_000)));
    await sleep(10_000);
    const until = performance.now();
    const rate = (1_000 * starts.filter((at) => at >= from && at < until).length) / (until - from);
    expect(rate).toBeGreaterThan(90);
    expect(rate).toBeLessThan(105);
    await Promise.all(workers.map((worker) => worker.drain(5_000)));
    for (const { transport, delayStore, dedupeStore } of opened) {
      await Promise.all([transport.close(), delayStore.close(), dedupeStore.close()]);
    }
  },
  180_000,
);
