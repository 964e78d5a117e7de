import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "../../../runtime/client.ts";
import { type ConnectOptions, connect } from "../../../runtime/connection.ts";
import type { FivefoldError } from "../../../runtime/contract/errors.ts";
import type { Executor } from "../../../runtime/executor.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { contractsOf, KINDS, nowMicros } from "./kinds.ts";
import { tell } from "./told.ts";

/*
 * A worker or a producer of the cluster: takes its orders as messages, and ends where the channel to its parent does.
 */

export interface ClusterOrders {
  readonly role: "worker" | "producer";
  readonly name: string;
  readonly connect: ConnectOptions;
  /** How far this process's clock is from the machine's. */
  readonly skewMs: number;
}

/** Kinds that a producer is to enqueue from now on. */
export type ClusterWanted = readonly string[];

const KEYS = 20;
const BATCH = 20;
const PAUSE_MS = 60;

let stopped = false;
let wanted: ReadonlySet<string> = new Set(Object.keys(KINDS));
process.once("disconnect", () => {
  stopped = true;
});
process.on("message", (message: ClusterOrders | ClusterWanted) => {
  if ("role" in message) void run(message);
  else wanted = new Set(message);
});

/** Whatever is away at the start comes back. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (stopped) process.exit(0);
      tell(`problem ${(error as Error).message}`);
      await sleep(500);
    }
  }
}

async function run(orders: ClusterOrders): Promise<void> {
  const { now } = Date;
  Date.now = () => now() + orders.skewMs;
  process.on("warning", ({ message }) => tell(`problem ${message}`));
  const connection = await patiently(() => connect(orders.connect));
  if (orders.role === "producer") {
    await Promise.all(Object.keys(KINDS).map((kind) => produce(orders.name, kind)));
    process.exit(0);
  }
  const executors = await Promise.all(
    Object.keys(KINDS).map(
      async (kind) => ((await import(`./executor.ts?kind=${kind}`)) as { executor: Executor }).executor,
    ),
  );
  const reportProblem = ({ message }: FivefoldError) => tell(`problem ${message}`);
  const worker = await patiently(() => startWorker({ ports: connection.ports, executors, reportProblem }));
  tell("works");
  while (!stopped) await sleep(100);
  await worker.drain(5_000);
  process.exit(0);
}

async function produce(name: string, kind: string): Promise<void> {
  const client = createClient(contractsOf(kind, tell).client);
  const { delay, settings } = KINDS[kind]!;
  const isDeduplicated = (settings?.dedupeForMs ?? 0) > 0;
  for (let number = 0; !stopped; number += BATCH) {
    while (!wanted.has(kind) && !stopped) await sleep(100);
    const notes = Array.from({ length: BATCH }, (_, index) => {
      const key = `k${(number + index) % KEYS}`;
      return { id: `${name}:${key}:${number + index}`, key };
    });
    const ids = notes.map(({ id }) => id);
    // Who deduplicates may send twice, and who was refused sends again, until all is accepted.
    let due = isDeduplicated ? 2 : 1;
    while (due > 0 && !stopped) {
      const from = nowMicros();
      try {
        const receipts = await client.enqueueAll(notes, delay === undefined ? {} : { delay });
        const fresh = receipts.map(({ duplicate }) => (duplicate ? 0 : 1)).join("");
        tell(`accepted ${kind} ${from} ${nowMicros()} ${fresh} ${ids.join(" ")}`);
        due -= 1;
      } catch (error) {
        tell(
          `refused ${kind} ${from} ${nowMicros()} ${(error as FivefoldError).mayBeStored ?? false} ${ids.join(" ")}`,
        );
        if (!isDeduplicated) due -= 1;
        await sleep(PAUSE_MS);
      }
    }
    await sleep(PAUSE_MS);
  }
}
