/* A worker process on the embedded store of a folder, of whose tasks 2 of a key may be in flight over all processes; it writes each start and end to a file. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openEmbedded } from "../../../runtime/adapters/embedded/embedded-ports.ts";
import { connectTo } from "../../../runtime/connection.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { noteContracts } from "../../runtime/note-contract.ts";

const [folder, log] = process.argv.slice(2) as [string, string];
const note = (what: string, id: string, key: string) => appendFileSync(log, `${process.pid} ${what} ${id} ${key}\n`);
const { executor } = noteContracts({
  settings: { maxInFlightPerKey: 2 },
  subscribers: { default: { maxInFlight: 16, backoff: { minMs: 50, maxMs: 100 } } },
  handlers: {
    async default({ id, key = "" }, task) {
      note("start", id, key);
      await sleep(5 + 20 * Math.random());
      note("end", id, key);
      if (task.attempt === 1 && Number(id) % 9 === 0) throw new Error("another try");
    },
  },
});
const connection = connectTo(await openEmbedded(folder));
const worker = await startWorker({ ports: connection.ports, executors: [executor] });
process.once("SIGTERM", async () => {
  await worker.drain(5_000);
  await connection.close();
  process.exit(0);
});
// It stays as long as whoever started it.
process.once("disconnect", () => process.exit(1));
process.send?.("ready");
