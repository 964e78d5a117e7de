import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
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

/* Of one subscriber's tasks at most 5 are in flight over all processes, counted by what handlers write down. */

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

/** The most that ran at one time, and what ended. A process that was killed runs nothing from the line that says so. */
function read(log: string) {
  const running = new Map<string, string>();
  const ended = new Set<string>();
  const busy = new Set<string>();
  let most = 0;
  for (const line of readFileSync(log, "utf8").split("\n").filter(Boolean)) {
    const [pid, what, id] = line.split(" ") as [string, string, string];
    if (what === "killed") for (const [task, owner] of running) if (owner === pid) running.delete(task);
    if (what === "start") running.set(`${pid} ${id}`, pid);
    if (what === "end") {
      running.delete(`${pid} ${id}`);
      ended.add(id);
      busy.add(pid);
    }
    most = Math.max(most, running.size);
  }
  return { most, ended, busy };
}

test("embedded: processes come, go, stand still and are killed; never more are in flight, and all is done", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-permits-"));
  folders.push(folder);
  const log = join(folder, "log.txt");
  appendFileSync(log, "");
  const connection = connectTo(await openEmbedded(join(folder, "data")));
  const { client } = noteContracts({ handlers: { default: () => {} } });
  await createClient(client).enqueueAll(notes(2_500));
  const start = async () => {
    const child = fork(join(import.meta.dirname, "rates/capped-worker.ts"), [join(folder, "data"), log]);
    processes.push(child);
    await once(child, "message");
    return child;
  };
  const kill = async (child: ChildProcess) => {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    appendFileSync(log, `${child.pid} killed -\n`);
  };
  const [first, second] = [await start(), await start()];
  await sleep(3_000);
  await Promise.all([start(), start(), start(), start(), start()]);
  await sleep(3_000);
  await kill(first);
  second.kill("SIGSTOP");
  await sleep(8_000);
  second.kill("SIGCONT");
  await start();
  processes[2]!.kill("SIGTERM");
  await sleep(2_000);
  await kill(processes[3]!);
  await expect.poll(() => read(log).ended.size, { timeout: 90_000, interval: 500 }).toBe(2_500);
  expect(read(log).most).toBe(5);
  expect(read(log).busy.size).toBeGreaterThan(4);
  for (const child of processes) child.kill("SIGTERM");
  await connection.close();
}, 150_000);

test("Pulsar with PostgreSQL: workers come and go; never more are in flight, and all is done", async () => {
  const [way] = WAYS;
  const { name } = await createNamespace(broker);
  const opened: Ports[] = [];
  const open = async (): Promise<Ports> => {
    const stores = await openPostgresStores({ url: server.url, schema: `permits_${name.replace(/\W/g, "_")}` });
    const ports = { transport: await way!.open(broker, { namespace: name }), ...stores, clock: systemClock };
    opened.push(ports);
    return ports;
  };
  let [inFlight, most, done] = [0, 0, 0];
  const { client, executor } = noteContracts({
    subscribers: { default: { maxInFlight: 64, maxInFlightTotal: 5 } },
    handlers: {
      async default() {
        most = Math.max(most, ++inFlight);
        await sleep(20 + 20 * Math.random());
        inFlight--;
        done++;
      },
    },
  });
  const work = async () => startWorker({ ports: await open(), executors: [executor], reportProblem: () => {} });
  const workers = [await work()];
  connectTo(await open());
  await createClient(client).enqueueAll(notes(1_500));
  await sleep(3_000);
  workers.push(...(await Promise.all([work(), work(), work()])));
  await sleep(4_000);
  await Promise.all(workers.splice(0, 2).map((worker) => worker.drain(5_000)));
  await expect.poll(() => done, { timeout: 60_000 }).toBe(1_500);
  expect(most).toBe(5);
  await Promise.all(workers.map((worker) => worker.drain(5_000)));
  for (const { transport, delayStore, dedupeStore } of opened) {
    await Promise.all([transport.close(), delayStore.close(), dedupeStore.close()]);
  }
}, 120_000);
