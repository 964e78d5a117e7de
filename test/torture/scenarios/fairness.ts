import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openEmbedded } from "../../../runtime/adapters/embedded/embedded-ports.ts";
import { createClient } from "../../../runtime/client.ts";
import { connectTo } from "../../../runtime/connection.ts";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";
import { topicsOf } from "../../../runtime/ports/topics.ts";
import { outOfOrder, unfairness } from "../../runtime/fairness.ts";
import { type Note, noteContracts } from "../../runtime/note-contract.ts";
import { type Draw, drawWith } from "../../transport/history/setting.ts";
import type { Handled, Start } from "../fairness/worker.ts";
import type { Scenario } from "../scenario.ts";

const WORKER = fileURLToPath(new URL("../fairness/worker.ts", import.meta.url));
const BOUND = 2;
const PATIENCE_MS = 60_000;

/**
 * Tenants with backlogs of any size, drained by workers in one to three processes: the last task of each must end within
 * twice its end in a round robin over the whole backlog.
 */
const scenario: Scenario = {
  async run({ seed, until }) {
    const faults: string[] = [];
    const did = { settings: 0, tasks: 0, tenants: 0, worst: 0 };
    for (let next = seed; performance.now() < until; next++) {
      const { notes, start, processes } = drawBacklog(drawWith(next));
      const handled = await drain(notes, start, processes);
      const where = `seed ${next} (${processes} processes, ${JSON.stringify(start)}, ${notes.length} tasks)`;
      did.settings += 1;
      did.tasks += notes.length;
      if (new Set(handled.map(({ id }) => id)).size < notes.length || handled.length > notes.length) {
        faults.push(`${where}: ${handled.length} were handled`);
        continue;
      }
      // What fails takes a turn more; at most the share of it comes later.
      const window = 3 * start.maxInFlight * processes + (notes.length * start.failing) / 100;
      const worst = unfairness(notes, handled, window);
      did.worst = Math.max(did.worst, Number(worst.toFixed(2)));
      did.tenants = Math.max(did.tenants, new Set(notes.map(({ tenant }) => tenant)).size);
      if (worst > BOUND) faults.push(`${where}: a tenant ended at ${worst.toFixed(2)} of its round robin`);
      const early = start.ordered && processes === 1 ? outOfOrder(notes, handled) : undefined;
      if (early) faults.push(`${where}: ${JSON.stringify(early)} came before an earlier one of its key`);
    }
    return { did, faults };
  },
};

export default scenario;

function drawBacklog(draw: Draw): { notes: Note[]; start: Start; processes: number } {
  const tenants = draw.oneOf([2, 10, 1_000]);
  const longest = draw.oneOf([50, 1_000, 5_000]);
  /** All of the first one's stand before anybody else's; otherwise they come as they fall. */
  const isBehind = draw.oneOf([true, false]);
  const notes: Note[] = [];
  for (let tenant = 0; tenant < tenants; tenant++) {
    // A few have much, most have little.
    const size = tenant === 0 ? longest : draw.between(1, Math.max(1, Math.floor(longest / (tenant + 1))));
    for (let index = 0; index < size; index++) {
      notes.push({ id: "", tenant: `t${tenant}`, key: `k${tenant}-${draw.between(0, 4)}` });
    }
  }
  if (!isBehind) for (let at = notes.length - 1; at > 0; at--) swap(notes, at, draw.between(0, at));
  for (const [index, note] of notes.entries()) note.id = `${index}`;
  const start = {
    ordered: draw.oneOf([true, false]),
    maxInFlight: draw.oneOf([8, 32, 64]),
    failing: draw.oneOf([0, 0, 5]),
  };
  return { notes, start, processes: draw.oneOf([1, 2, 3]) };
}

function swap(notes: Note[], a: number, b: number): void {
  [notes[a], notes[b]] = [notes[b]!, notes[a]!];
}

/** Enqueues all, then has them handled; resolves with what was, in that order. */
async function drain(notes: readonly Note[], start: Start, processes: number): Promise<Note[]> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-fairness-"));
  const workers: ChildProcess[] = [];
  const handled: Handled[] = [];
  try {
    const { client, executor } = noteContracts({
      settings: { fair: true, ordered: start.ordered },
      handlers: { default: () => {} },
    });
    const connection = connectTo(await openEmbedded(folder));
    await connection.ports.transport.declare(topicsOf(executor.settings));
    const enqueue = createClient(client);
    for (let from = 0; from < notes.length; from += 1_000) await enqueue.enqueueAll(notes.slice(from, from + 1_000));
    await connection.close();
    let cameAt = performance.now();
    for (let index = 0; index < processes; index++) {
      const worker = spawn(process.execPath, [WORKER, folder, JSON.stringify(start)], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      createInterface({ input: worker.stdout! }).on("line", (line) => {
        handled.push(JSON.parse(line) as Handled);
        cameAt = performance.now();
      });
      workers.push(worker);
    }
    while (handled.length < notes.length && performance.now() - cameAt < PATIENCE_MS) await sleep(systemClock, 20);
    for (const worker of workers) {
      worker.stdin!.end();
      await once(worker, "exit");
    }
  } finally {
    for (const worker of workers) worker.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
  return handled.sort((a, b) => a.at - b.at);
}
