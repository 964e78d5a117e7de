/* A worker process on the embedded store of a folder, with a rate; it writes the time of each start to a file. */
import { appendFileSync } from "node:fs";
import { openEmbedded } from "../../../runtime/adapters/embedded/embedded-ports.ts";
import { connectTo } from "../../../runtime/connection.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { noteContracts } from "../../runtime/note-contract.ts";

const [folder, starts] = process.argv.slice(2) as [string, string];
const { executor } = noteContracts({
  subscribers: { default: { rate: { count: 100, periodMs: 1_000 } } },
  handlers: { default: () => appendFileSync(starts, `${Date.now()}\n`) },
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
