import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { openEmbeddedTransport } from "../../runtime/adapters/embedded/embedded.ts";
import { sleep, systemClock } from "../../runtime/contract/clock.ts";

const WORKER = fileURLToPath(new URL("crash-worker.ts", import.meta.url));
/** More for a longer run: FIVEFOLD_CRASH_KILLS=200. */
const KILLS = Number(process.env.FIVEFOLD_CRASH_KILLS ?? 20);

type Role = "produce" | "consume";

let folder = "";
const running = new Set<ChildProcess>();

function start(role: Role, name: string): ChildProcess {
  const journal = join(folder, role === "produce" ? "published" : "handled");
  const worker = spawn(process.execPath, [WORKER, role, join(folder, "data"), journal, name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.add(worker);
  worker.once("exit", (code, signal) => {
    running.delete(worker);
    if (signal !== "SIGKILL") unexpectedEnds.push(`${role} ${name} ended by itself: ${code ?? signal}`);
  });
  return worker;
}

const unexpectedEnds: string[] = [];

/** Resolves once a worker has opened the transport: it says so. */
function ready(worker: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => worker.stdout!.once("data", resolve));
}

async function kill(worker: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  worker.kill("SIGKILL");
  await ended;
}

const journal = (name: string): string[] => readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1);

/** Each key's records must be handled for the first time in the order of their numbers. */
function outOfOrder(handled: readonly string[]): string[] {
  const next = new Map<string, number>();
  return handled.filter((id) => {
    const [key = "", number] = id.split(":");
    const expected = next.get(key) ?? 0;
    if (Number(number) === expected) next.set(key, expected + 1);
    return Number(number) > expected;
  });
}

afterEach(async () => {
  await Promise.all([...running].map(kill));
  await rm(folder, { recursive: true });
});

test(`what was published survives ${KILLS} SIGKILLs of producers and consumers, in order by key`, {
  timeout: 30_000 + KILLS * 2_000,
}, async () => {
  folder = await mkdtemp(join(tmpdir(), "fivefold-crash-"));
  let started = 0;
  const roles: Role[] = ["produce", "produce", "consume", "consume"];
  const startOne = (role: Role) => ({ role, worker: start(role, `${role}${started++}`) });
  const workers = roles.map(startOne);
  // All have begun once; later ones may be killed while they open.
  await Promise.all(workers.map(({ worker }) => ready(worker)));
  for (let kills = 0; kills < KILLS; ) {
    await sleep(systemClock, 100 + Math.random() * 400);
    // Now and then all at once, as a machine's loss of memory would.
    const victims = Math.random() < 0.2 ? [...workers.keys()] : [Math.floor(Math.random() * workers.length)];
    await Promise.all(victims.map((index) => kill(workers[index]!.worker)));
    for (const index of victims) workers[index] = startOne(workers[index]!.role);
    kills += victims.length;
  }
  await Promise.all(workers.map(({ worker }) => kill(worker)));

  start("consume", "last");
  const transport = await openEmbeddedTransport({ folder: join(folder, "data"), clock: systemClock });
  while ((await transport.backlog("crash", "s")) > 0) await sleep(systemClock, 20);
  await transport.close();

  const published = journal("published");
  const handled = journal("handled");
  const handledOnce = new Set(handled);
  expect(published.length).toBeGreaterThan(100);
  expect(published.filter((id) => !handledOnce.has(id))).toEqual([]);
  expect(outOfOrder(handled)).toEqual([]);
  expect(unexpectedEnds).toEqual([]);
});
