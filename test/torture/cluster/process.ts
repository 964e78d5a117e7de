import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "../../../runtime/client.ts";
import { systemClock } from "../../../runtime/clock.ts";
import { connectTo } from "../../../runtime/connection.ts";
import type { FivefoldError } from "../../../runtime/errors.ts";
import { openPostgresStores } from "../../../runtime/postgres.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { open } from "../../e2e/pulsar/elsewhere.ts";
import { contractsOf, KINDS } from "./kinds.ts";

/*
 * A worker or a producer of the cluster: takes its orders as one message, and ends where the channel to its parent does.
 */

export interface ClusterOrders {
  readonly role: "worker" | "producer";
  readonly name: string;
  /** JSON of a PulsarPlace. */
  readonly place: string;
  readonly postgres: string;
  /** Where its history goes. */
  readonly file: string;
}

const KEYS = 20;
const BATCH = 20;
const PAUSE_MS = 60;

process.once("message", async ({ role, name, place, postgres, file }: ClusterOrders) => {
  let stopped = false;
  process.once("disconnect", () => {
    stopped = true;
  });
  const tell = (line: string) => appendFileSync(file, `${line}\n`);
  /** Whatever is away at the start comes back. */
  async function patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (stopped) process.exit(0);
        tell(`problem ${(error as Error).message.replaceAll("\n", " ")}`);
        await sleep(500);
      }
    }
  }
  const stores = await patiently(() => openPostgresStores({ url: postgres }));
  const connection = connectTo({ transport: await open(place), ...stores, clock: systemClock });
  const contracts = Object.keys(KINDS).map((kind) => ({ kind, ...contractsOf(kind, file) }));

  if (role === "worker") {
    const executors = contracts.map(({ executor }) => executor);
    const reportProblem = ({ message }: FivefoldError) => tell(`problem ${message.replaceAll("\n", " ")}`);
    const worker = await patiently(() => startWorker({ ports: connection.ports, executors, reportProblem }));
    while (!stopped) await sleep(100);
    await worker.drain(5_000);
    process.exit(0);
  }

  const clients = contracts.map(({ kind, client }) => ({ kind, client: createClient(client) }));
  async function produce({ kind, client }: (typeof clients)[number]): Promise<void> {
    const { delay } = KINDS[kind]!;
    for (let number = 0; !stopped; number += BATCH) {
      const notes = Array.from({ length: BATCH }, (_, index) => {
        const key = `k${(number + index) % KEYS}`;
        return { id: `${name}:${key}:${number + index}`, key };
      });
      const ids = notes.map(({ id }) => id).join(" ");
      // Who deduplicates may send twice, and who was refused sends again.
      for (let times = kind === "deduplicated" ? 2 : 1; times > 0 && !stopped; times--) {
        try {
          await client.enqueueAll(notes, delay === undefined ? {} : { delay });
          tell(`accepted ${kind} ${ids}`);
        } catch (error) {
          tell(`refused ${kind} ${(error as FivefoldError).mayBeStored} ${ids}`);
        }
      }
      await sleep(PAUSE_MS);
    }
  }
  await Promise.all(clients.map(produce));
  process.exit(0);
});
