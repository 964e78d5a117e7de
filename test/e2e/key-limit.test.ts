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

/* Of one key's tasks at most 2 are in flight over all processes, and a key with a long backlog keeps no other from starting. */

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

/** Every second one of one key, which comes first. */
const notes = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `${i}`, key: i < count / 2 ? "hot" : `key${i % 40}` }));

/** By key, the most that ran at one time, and what ended. A process that was killed runs nothing from the line that says so. */
function read(log: string) {
  const running = new Map<string, { key: string; pid: string }>();
  const most = new Map<string, number>();
  const ended = new Set<string>();
  let hotEndedBeforeOthers = 0;
  let others = 0;
  for (const line of readFileSync(log, "utf8").split("\n").filter(Boolean)) {
    const [pid, what, id, key] = line.split(" ") as [string, string, string, string];
    if (what === "killed") for (const [task, owner] of running) if (owner.pid === pid) running.delete(task);
    if (what === "start") running.set(`${pid} ${id}`, { key, pid });
    if (what === "end") {
      running.delete(`${pid} ${id}`);
      ended.add(id);
      if (key !== "hot") others++;
      else if (others < 500) hotEndedBeforeOthers++;
    }
    const now = [...running.values()].filter((task) => task.key === key).length;
    most.set(key, Math.max(most.get(key) ?? 0, now));
  }
  return { most: Math.max(...most.values()), ended, hotEndedBeforeOthers };
}

test("embedded: processes come, go and are killed; never more of a key are in flight, and all is done", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-keys-"));
  folders.push(folder);
  const log = join(folder, "log.txt");
  appendFileSync(log, "");
  const connection = connectTo(await openEmbedded(join(folder, "data")));
  const { client } = noteContracts({ settings: { maxInFlightPerKey: 2 }, handlers: { default: () => {} } });
  await createClient(client).enqueueAll(notes(2_000));
  const start = async () => {
    const child = fork(join(import.meta.dirname, "rates/keyed-worker.ts"), [join(folder, "data"), log]);
    processes.push(child);
    await once(child, "message");
    return child;
  };
  const kill = async (child: ChildProcess) => {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    appendFileSync(log, `${child.pid} killed - -\n`);
  };
  const first = await start();
  const second = await start();
  await sleep(1_500);
  const third = await start();
  await kill(first);
  await sleep(1_500);
  await start();
  second.kill("SIGTERM");
  await sleep(1_500);
  await kill(third);
  await start();
  await expect.poll(() => read(log).ended.size, { timeout: 90_000, interval: 500 }).toBe(2_000);
  const { most, hotEndedBeforeOthers } = read(log);
  expect(most).toBe(2);
  // A thousand of the hot key wait in front of all others, two at a time.
  expect(hotEndedBeforeOthers).toBeLessThan(500);
  for (const child of processes) child.kill("SIGTERM");
  await connection.close();
}, 150_000);

test("Pulsar with PostgreSQL: workers come and go; never more of a key are in flight, and all is done", async () => {
  const [way] = WAYS;
  const { name } = await createNamespace(broker);
  const opened: Ports[] = [];
  const open = async (): Promise<Ports> => {
    const stores = await openPostgresStores({ url: server.url, schema: `keys_${name.replace(/\W/g, "_")}` });
    const ports = { transport: await way!.open(broker, { namespace: name }), ...stores, clock: systemClock };
    opened.push(ports);
    return ports;
  };
  const running = new Map<string, number>();
  let most = 0;
  const done = new Set<string>();
  const { client, executor } = noteContracts({
    settings: { maxInFlightPerKey: 2 },
    subscribers: { default: { maxInFlight: 16, backoff: { minMs: 100, maxMs: 200 } } },
    handlers: {
      async default({ id, key = "" }, task) {
        running.set(key, (running.get(key) ?? 0) + 1);
        most = Math.max(most, running.get(key)!);
        await sleep(5 + 10 * Math.random());
        running.set(key, running.get(key)! - 1);
        if (task.attempt === 1 && Number(id) % 9 === 0) throw new Error("another try");
        done.add(id);
      },
    },
  });
  const work = async () => startWorker({ ports: await open(), executors: [executor], reportProblem: () => {} });
  const workers = [await work()];
  connectTo(await open());
  await createClient(client).enqueueAll(notes(1_000));
  await sleep(1_000);
  workers.push(...(await Promise.all([work(), work()])));
  await sleep(2_000);
  await Promise.all(workers.splice(0, 1).map((worker) => worker.drain(5_000)));
  await expect.poll(() => done.size, { timeout: 90_000 }).toBe(1_000);
  expect(most).toBe(2);
  await Promise.all(workers.map((worker) => worker.drain(5_000)));
  for (const { transport, delayStore, dedupeStore } of opened) {
    await Promise.all([transport.close(), delayStore.close(), dedupeStore.close()]);
  }
}, 120_000);
