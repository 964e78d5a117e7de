import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openEmbeddedTransport } from "../../../runtime/adapters/embedded/embedded.ts";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";
import { drawFrom } from "../../store-model/world.ts";
import type { Report, Scenario } from "../scenario.ts";

const WORKER = fileURLToPath(new URL("../kills/worker.ts", import.meta.url));
const ROLES = ["produce", "consume", "consume", "brief-produce", "brief-consume"] as const;
const LIVES = 6;
/** Of one folder, before it is drained and checked. */
const KILLS = 250;
const DRAIN_MS = 120_000;

interface Life {
  readonly name: string;
  readonly child: ChildProcess;
  /** Since when it works, on the clock of `performance.now()`; it says so. */
  worksSince?: number;
}

/** Kills processes on one folder at random moments: as they start, work, and end; then checks what came of it. */
export async function runKills(seed: number, kills: number, isOver: () => boolean): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-kills-"));
  const draw = drawFrom(seed);
  const faults: string[] = [];
  const lives: Life[] = [];
  const killed = new Set<string>();
  let started = 0;

  function start(): void {
    const role = ROLES[draw(ROLES.length)]!;
    const name = `${role}-${started++}`;
    const child = spawn(process.execPath, ["--no-warnings", WORKER, role, folder, name], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let told = "";
    child.stderr!.on("data", (data) => {
      told += data;
    });
    const life: Life = { name, child };
    child.stdout!.once("data", () => {
      life.worksSince = performance.now();
    });
    lives.push(life);
    child.once("close", (code, signal) => {
      if (lives.includes(life)) lives.splice(lives.indexOf(life), 1);
      if (signal !== "SIGKILL" && code !== 0)
        faults.push(`seed ${seed}: ${name} ended by itself: ${signal ?? code} ${told.slice(-600)}`);
    });
  }

  async function kill(life: Life): Promise<void> {
    if (life.child.exitCode !== null || life.child.signalCode !== null) return;
    const ended = once(life.child, "close");
    killed.add(life.name);
    life.child.kill("SIGKILL");
    await ended;
  }

  try {
    while (killed.size < kills && !isOver()) {
      while (lives.length < LIVES) start();
      await sleep(systemClock, draw(150));
      // Some are killed before they have begun, most in the midst of their work, now and then all at once.
      const working = lives.filter(
        ({ worksSince }) => worksSince !== undefined && performance.now() - worksSince > draw(400),
      );
      const from = draw(4) === 0 ? lives : working;
      const victims = draw(25) === 0 ? [...lives] : from.length > 0 ? [from[draw(from.length)]!] : [];
      await Promise.all(victims.map(kill));
    }
    await Promise.all([...lives].map(kill));
    faults.push(...(await check(folder, killed)).map((fault) => `seed ${seed}: ${fault}`));
    const handled = journal(folder, "handled");
    const did = {
      kills: killed.size,
      published: journal(folder, "published").length,
      repeats: handled.length - new Set(handled.map(({ id }) => id)).size,
    };
    return { did, faults };
  } finally {
    await Promise.all([...lives].map(kill));
    await rm(folder, { recursive: true });
  }
}

interface Line {
  readonly name: string;
  readonly id: string;
}

function journal(folder: string, file: string): Line[] {
  const path = join(folder, file);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => ({ name: line.split(" ")[0]!, id: line.split(" ")[1]! }));
}

/** Drains what is left, and compares the journals. */
async function check(folder: string, killed: ReadonlySet<string>): Promise<string[]> {
  const transport = await openEmbeddedTransport({ folder: join(folder, "data"), clock: systemClock });
  await transport.declare([{ name: "kills", ordered: true, subscriptions: ["s"] }]);
  const consumer = await transport.subscribe("kills", "s", "key-shared");
  const drained: Line[] = [];
  const until = performance.now() + DRAIN_MS;
  while ((await transport.backlog("kills", "s")) > 0 && performance.now() < until) {
    const messages = await Promise.race([consumer.receive(1_000), sleep(systemClock, 1_000).then(() => [])]);
    drained.push(...messages.map(({ id }) => ({ name: "drain", id })));
    await consumer.acknowledge(messages);
  }
  const left = await transport.backlog("kills", "s");
  await transport.close();
  const faults = left > 0 ? [`${left} records are never delivered`] : [];

  const by = new Map<string, string>();
  const next = new Map<string, number>();
  for (const { name, id } of [...journal(folder, "handled"), ...drained]) {
    const before = by.get(id);
    if (before !== undefined && !killed.has(before))
      faults.push(`${id} came again, though ${before}, which had it, was not killed`);
    by.set(id, name);
    const [key = "", number = ""] = id.split(":");
    const expected = next.get(key) ?? 0;
    if (Number(number) > expected) faults.push(`${id} came when ${key}:${expected} was to come`);
    if (Number(number) === expected) next.set(key, expected + 1);
  }
  for (const { id } of journal(folder, "published")) if (!by.has(id)) faults.push(`${id} is lost`);
  return faults;
}

const scenario: Scenario = {
  async run({ seed, until }) {
    const isOver = () => performance.now() >= until;
    const did = { folders: 0, kills: 0, published: 0, repeats: 0 };
    const faults: string[] = [];
    for (let next = seed; !isOver(); next++) {
      const report = await runKills(next, KILLS, isOver);
      faults.push(...report.faults);
      did.folders++;
      for (const what of ["kills", "published", "repeats"] as const) did[what] += Number(report.did[what]);
    }
    return { did, faults };
  },
};

export default scenario;
