/* A worker on a data folder: `node blocking-worker.ts <data> <journal> <blockMs>`. Ends once its channel does. */
import { appendFileSync } from "node:fs";
import { connect } from "../../../runtime/connection.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { noteContracts } from "../../runtime/note-contract.ts";

const [data, journal, blockMs] = process.argv.slice(2) as [string, string, string];
const write = (line: string) => appendFileSync(journal, `${line}\n`);

async function handle({ id }: { id: string }): Promise<void> {
  write(`start ${id} ${process.pid}`);
  const until = performance.now() + (id.startsWith("blocks") ? Number(blockMs) : 0);
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 20));
  write(`end ${id} ${process.pid}`);
}

const names = ["unordered", "in-order"];
const executors = names.map(
  (name) => noteContracts({ settings: { name, ordered: name === "in-order" }, handlers: { default: handle } }).executor,
);
const connection = await connect({ data });
const worker = await startWorker({
  ports: connection.ports,
  executors,
  reportProblem: ({ message }) => write(`problem ${message}`),
});
process.once("disconnect", async () => {
  await worker.drain();
  await connection.close();
  process.exit(0);
});
process.send?.("ready");
