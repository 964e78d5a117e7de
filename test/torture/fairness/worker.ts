/*
 * A worker of its own: `worker.ts <folder> <JSON of Start>`. Prints a line of JSON for each note that it has handled, with
 * the time on the machine's monotonic clock, and ends when its standard input does.
 */
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openEmbedded } from "../../../runtime/adapters/embedded/embedded-ports.ts";
import { RetryError } from "../../../runtime/authoring/outcome.ts";
import { connectTo } from "../../../runtime/connection.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { type Note, noteContracts } from "../../runtime/note-contract.ts";

export interface Handled extends Note {
  /** In ns, on a clock that all processes share. */
  readonly at: number;
}

export interface Start {
  readonly ordered: boolean;
  readonly maxInFlight: number;
  /** How many of a hundred notes fail at their first try. */
  readonly failing: number;
}

const HANDLE_MS = 10;

const { ordered, maxInFlight, failing } = JSON.parse(process.argv[3]!) as Start;
const { executor } = noteContracts({
  settings: { fair: true, ordered },
  subscribers: { default: { maxInFlight } },
  handlers: {
    async default({ id, key, tenant }, { attempt }) {
      // Slots bound the pace, so that processes are alike whatever else the machine does.
      await sleep(HANDLE_MS);
      if (attempt === 1 && Number(id) % 100 < failing) throw new RetryError("at first", { after: "1ms" });
      const handled = { id, key, tenant, at: Number(process.hrtime.bigint()) };
      writeSync(1, `${JSON.stringify(handled)}\n`);
    },
  },
});
const connection = connectTo(await openEmbedded(process.argv[2]!));
const worker = await startWorker({ ports: connection.ports, executors: [executor] });
process.stdin.resume();
process.stdin.on("end", async () => {
  await worker.drain();
  await connection.close();
});
