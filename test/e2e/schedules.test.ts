import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConnectOptions } from "../../runtime/connection.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { randomNumbers } from "../random-numbers.ts";
import { type PostgresServer, startPostgres } from "./postgres/server.ts";
import { createNamespace } from "./pulsar/transports.ts";

/* Five processes compete for a schedule that ticks every second, and are killed: every tick is one task, and none is missing. */

const PROCESSES = 5;
const KILLS = 8;
const SECOND_MS = 1_000;
const folders: string[] = [];
const processes = new Set<ChildProcess>();
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

test("embedded: five processes, of which one is killed again and again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-schedules-"));
  folders.push(folder);
  await compete({ data: join(folder, "data") }, join(folder, "tasks.txt"));
}, 110_000);

test("Pulsar with PostgreSQL: the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-schedules-"));
  folders.push(folder);
  const { name: namespace } = await createNamespace(broker);
  const pulsar = { url: broker.serviceUrl, adminUrl: broker.adminUrl, client: "fivefold", namespace } as const;
  await compete({ pulsar, postgres: server.url }, join(folder, "tasks.txt"));
}, 110_000);

async function compete(options: ConnectOptions, file: string): Promise<void> {
  const random = randomNumbers(1);
  const start = async () => {
    const child = fork(join(import.meta.dirname, "schedules/scheduled-worker.ts"), [JSON.stringify(options), file]);
    processes.add(child);
    await once(child, "message");
    return child;
  };
  const living = await Promise.all(Array.from({ length: PROCESSES }, start));
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(500 + random() * 3_000);
    const [killed] = living.splice(Math.floor(random() * living.length), 1);
    killed!.kill("SIGKILL");
    processes.delete(killed!);
    living.push(await start());
  }
  // What the last one that was killed held is taken over, and made up for.
  const tickedUntil = Math.floor(Date.now() / SECOND_MS) * SECOND_MS;
  const has = () => readFileSync(file, "utf8").includes(new Date(tickedUntil).toISOString());
  await expect.poll(has, { timeout: 40_000 }).toBe(true);
  await sleep(SECOND_MS);
  for (const child of living) child.kill("SIGTERM");
  await Promise.all(living.map((child) => child.exitCode ?? once(child, "exit")));

  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  const tasks = new Map(lines.map((line) => line.split(" ") as [string, string]));
  const ticks = [...tasks.keys()].sort();
  const from = Date.parse(ticks[0]!);
  const expected = Array.from({ length: (tickedUntil - from) / SECOND_MS + 1 }, (_, i) =>
    new Date(from + i * SECOND_MS).toISOString(),
  );
  expect(ticks.slice(0, expected.length)).toEqual(expected);
  for (const line of lines) {
    const [tick = "", task] = line.split(" ");
    expect(task).toBe(`note.second.${tick}`);
  }
}
