/* A worker process on the embedded store of a folder, of whose tasks 5 may be in flight over all processes; it writes each start and end to a file. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openEmbedded } from "../../../runtime/adapters/embedded/embedded-ports.ts";
import { connectTo } from "../../../runtime/connection.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { noteContracts } from "../../runtime/note-contract.ts";

const [folder, log] = process.argv.slice(2) as [string, string];
const note = (what: string, id: string) => appendFileSync(log, `${process.pid} ${what} ${id}\n`);
const { executor } = noteContracts({
  subscribers: { default: { maxInFlight: 64, maxInFlightTotal: 5 } },
  handlers: {
    async default({ id }) {
      note("start", id);
      await sleep(20 + 60 * Math.random());
      note("end", id);
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
