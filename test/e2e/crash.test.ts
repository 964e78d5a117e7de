import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { compileProject } from "../compile-project.ts";

const KILLS = Number(process.env.CRASH_KILLS ?? 100);
/** Numbers of one producer's life: far more than it gets to. */
const NUMBERS_PER_LIFE = 100_000;

interface Life {
  readonly child: ChildProcess;
  /** Lines that it printed so far. What it wrote before it was killed arrives even after. */
  readonly lines: string[];
  readonly ended: Promise<unknown>;
}

function spawnLife(role: string, project: string, first = 0): Life {
  const child = spawn(process.execPath, [join(import.meta.dirname, "crash/process.ts"), role, project, `${first}`], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, HANDLED_FILE: join(project, "handled.txt") },
  });
  const lines: string[] = [];
  let rest = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
  });
  return { child, lines, ended: once(child, "close") };
}

/** Some moment after a process has begun its work, so that the kill hits it in the middle. */
async function untilBusy({ lines }: Life): Promise<void> {
  while (lines.length === 0) await sleep(5);
  await sleep(Math.random() * 300);
}

function readHandled(project: string): string[] {
  const file = join(project, "handled.txt");
  // A line without its end was being written when its process was killed.
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}

test(`nothing whose enqueue resolved is lost over ${KILLS} kills of producers and workers`, async () => {
  const project = await compileProject("crash", join(import.meta.dirname, "crash/usecases"));
  const producers = [spawnLife("produce", project)];
  const workers = [spawnLife("work", project), spawnLife("work", project)];
  const acknowledged: string[] = [];

  for (let kill = 1; kill <= KILLS; kill++) {
    if (kill % 2 === 0) {
      const producer = producers.at(-1)!;
      await untilBusy(producer);
      producer.child.kill("SIGKILL");
      await producer.ended;
      acknowledged.push(...producer.lines);
      producers.push(spawnLife("produce", project, kill * NUMBERS_PER_LIFE));
    } else {
      const victim = Math.floor(Math.random() * workers.length);
      await untilBusy(workers[victim]!);
      workers[victim]!.child.kill("SIGKILL");
      await workers[victim]!.ended;
      workers[victim] = spawnLife("work", project);
    }
  }
  const last = producers.at(-1)!;
  last.child.kill("SIGKILL");
  await last.ended;
  acknowledged.push(...last.lines);

  const missing = () => {
    const handled = new Set(readHandled(project));
    return acknowledged.filter((line) => !handled.has(line));
  };
  const deadline = Date.now() + 60_000;
  while (missing().length > 0 && Date.now() < deadline) await sleep(250);
  for (const { child, ended } of workers) {
    child.kill("SIGTERM");
    await ended;
  }

  expect(acknowledged.length).toBeGreaterThan(KILLS * 5);
  expect(missing()).toEqual([]);
  const handled = readHandled(project);
  const firsts = [...new Set(handled)];
  for (const key of ["k0", "k1", "k2", "k3"]) {
    const numbers = firsts.filter((line) => line.startsWith(`${key} `)).map((line) => Number(line.slice(3)));
    expect(numbers, `first handlings of ${key}`).toEqual([...numbers].sort((a, b) => a - b));
  }
  console.log(
    JSON.stringify({
      kills: KILLS,
      acknowledged: acknowledged.length,
      handled: firsts.length,
      repeated: handled.length - firsts.length,
    }),
  );
});
