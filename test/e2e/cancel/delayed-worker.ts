/* A worker process; it writes of each task that runs its id, when it is due and when it runs to a file. How it connects, its options say. */
import { appendFileSync } from "node:fs";
import { type ConnectOptions, connect } from "../../../runtime/connection.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { noteContracts } from "../../runtime/note-contract.ts";

const [options, file] = process.argv.slice(2) as [string, string];
const { executor } = noteContracts({
  handlers: { default: (_, task) => appendFileSync(file, `${task.id} ${task.dueAt.getTime()} ${Date.now()}\n`) },
});
const { ports } = await connect(JSON.parse(options) as ConnectOptions);
await startWorker({ ports, executors: [executor], reportProblem: () => {} });
// It stays as long as whoever started it.
process.once("disconnect", () => process.exit(1));
process.send?.("ready");
