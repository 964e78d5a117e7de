/*
 * What a poisoned key costs the others: an ordered use case on the embedded store, 1,000 keys, drained with 2,000 tasks of
 * a key that fails before and among them, and without, in turns. `cost` is the median over the turns, as parts of one, of
 * the throughput that they lose and of the CPU time that they take more.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbedded } from "../../runtime/adapters/embedded/embedded-ports.ts";
import { createClient } from "../../runtime/client.ts";
import { connectTo } from "../../runtime/connection.ts";
import { topicsOf } from "../../runtime/ports/topics.ts";
import { startWorker } from "../../runtime/worker.ts";
import { type Note, noteContracts } from "../runtime/note-contract.ts";
import { printFigure, rateOf } from "./figure.ts";

const TASKS = 100_000;
const KEYS = 1_000;
const POISONED = 2_000;
const ROUNDS = 7;

interface Drained {
  readonly wallMs: number;
  readonly cpuMicros: number;
}

function notesWith(poisoned: number): Note[] {
  const notes: Note[] = [];
  for (let index = 0; index < poisoned / 2; index++) notes.push({ id: `bad-${index}`, key: "bad" });
  for (let index = 0; index < TASKS; index++) {
    notes.push({ id: `${index}`, key: `key-${index % KEYS}` });
    if (index % ((2 * TASKS) / POISONED) === 0 && poisoned > 0) notes.push({ id: `bad-among-${index}`, key: "bad" });
  }
  return notes;
}

async function drain(poisoned: number): Promise<Drained> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-bench-"));
  const connection = connectTo(await openEmbedded(folder));
  const finished = Promise.withResolvers<void>();
  let left = TASKS;
  const { client, executor } = noteContracts({
    settings: { ordered: true },
    subscribers: { default: { maxInFlight: 64 } },
    handlers: {
      default({ key }) {
        if (key === "bad") throw new Error("poisoned");
        left -= 1;
        if (left === 0) finished.resolve();
      },
    },
  });
  await connection.ports.transport.declare(topicsOf(executor.settings));
  const enqueue = createClient(client);
  const notes = notesWith(poisoned);
  for (let from = 0; from < notes.length; from += 1_000) await enqueue.enqueueAll(notes.slice(from, from + 1_000));
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const worker = await startWorker({ ports: connection.ports, executors: [executor] });
  await finished.promise;
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(before);
  await worker.drain(100);
  await connection.close();
  await rm(folder, { recursive: true });
  return { wallMs, cpuMicros: user + system };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

await drain(POISONED);
const without: Drained[] = [];
const beside: Drained[] = [];
for (let round = 0; round < ROUNDS; round++) {
  without.push(await drain(0));
  beside.push(await drain(POISONED));
}
for (const [name, runs] of [
  ["without", without],
  ["beside a poisoned key", beside],
] as const) {
  const wallMs = median(runs.map((run) => run.wallMs));
  const cpuMicros = median(runs.map((run) => run.cpuMicros));
  printFigure({ bench: "poisoned-key", case: name, tasks: TASKS, ...rateOf(TASKS, wallMs, cpuMicros) });
}
const ratio = (of: keyof Drained) => median(beside.map((run, round) => run[of] / without[round]![of]));
printFigure({
  bench: "poisoned-key",
  case: "cost",
  throughput: Number((1 - 1 / ratio("wallMs")).toFixed(3)),
  cpu: Number((ratio("cpuMicros") - 1).toFixed(3)),
});
