/*
 * Tasks a second, and CPU time a task, from the embedded store to an HTTP service on loopback that answers at once, beside
 * undici alone, which posts the same bodies to the same service, as many at once.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "undici";
import { createClient } from "../../runtime/client.ts";
import { connect } from "../../runtime/connection.ts";
import { startWorker } from "../../runtime/worker.ts";
import { type Note, noteContracts } from "../runtime/note-contract.ts";
import { printFigure, rateOf } from "./figure.ts";

const TASKS = 20_000;
const AT_ONCE = 64;
const ROUNDS = 3;
const NOTE: Note = { id: "a note of about as many bytes as an event has that names a file, its owner and its size" };

async function measure(system: string, run: () => Promise<void>): Promise<number> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await run();
  const wallMs = performance.now() - startedAt;
  const { user, system: kernel } = process.cpuUsage(cpuBefore);
  const figure = rateOf(TASKS, wallMs, user + kernel);
  printFigure({ bench: "targets", system, case: `POST to a service, ${AT_ONCE} at once`, tasks: TASKS, ...figure });
  return TASKS / wallMs;
}

async function postAlone(port: number): Promise<void> {
  const pool = new Pool(`http://127.0.0.1:${port}`);
  let left = TASKS;
  const headers = { "content-type": "application/json" };
  const post = async () => {
    while (left-- > 0) {
      const body = JSON.stringify(NOTE);
      const answer = await pool.request({ path: "/events", method: "POST", headers, body });
      await answer.body.dump();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, post));
  await pool.close();
}

const service = fork(join(import.meta.dirname, "targets/service.ts"));
const [port] = (await once(service, "message")) as [number];
const folder = mkdtempSync(join(tmpdir(), "fivefold-bench-"));
const connection = await connect({ data: folder });
const target = { kind: "service", name: "bench", path: "/events", format: "json" } as const;
const { client, executor } = noteContracts({
  settings: { maxPayloadBytes: 10_000 },
  subscribers: { default: { target, maxInFlight: AT_ONCE } },
  handlers: {},
});
const notes = createClient(client);

/** The first round loads and compiles what all others use. */
const ratios: number[] = [];
for (let round = 0; round <= ROUNDS; round++) {
  for (let i = 0; i < TASKS; i += 1_000) await notes.enqueueAll(Array.from({ length: 1_000 }, () => NOTE));
  const alone = await measure("undici alone", () => postAlone(port));
  const delivered = await measure("fivefold, embedded store", async () => {
    const done = Promise.withResolvers<void>();
    let left = TASKS;
    const worker = await startWorker({
      ports: connection.ports,
      executors: [{ ...executor, toJson: (event) => event, subscribers: { default: {} } }],
      environment: {
        FIVEFOLD_SERVICE_BENCH: `http://127.0.0.1:${port}`,
        FIVEFOLD_SERVICE_NETWORKS: "127.0.0.0/8",
        FIVEFOLD_SIGNING_SECRET_BENCH: `whsec_${Buffer.alloc(32, 1).toString("base64")}`,
      },
      observe(_, settled) {
        left -= settled.length;
        if (left <= 0) done.resolve();
      },
    });
    await done.promise;
    await worker.drain();
  });
  if (round > 0) ratios.push(delivered / alone);
}
const median = ratios.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
printFigure({
  bench: "targets",
  system: "fivefold against undici alone",
  case: "tasks a second, median",
  ratio: median,
});
await connection.close();
rmSync(folder, { recursive: true, force: true });
service.kill();
