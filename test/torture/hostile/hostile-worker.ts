/* A worker on the hostile project, as `fivefold start` runs it: with a watchdog. Prints what it reports. */
import { join } from "node:path";
import { connect, type Executor, startMetricsServer, startWorker } from "fivefold/runtime";
import { startWatchdog } from "../../../cli/worker/watchdog.ts";

const [project] = process.argv.slice(2) as [string];
const executors = await Promise.all(
  ["hostile", "hostile-in-order", "hostile-in-batches", "innocent"].map(async (name) => {
    const { executor } = (await import(join(project, `generated/${name}/executor.ts`))) as { executor: Executor };
    return executor;
  }),
);
const connection = await connect({ data: join(project, "data") });
await startWatchdog(3_000);
const worker = await startWorker({
  ports: connection.ports,
  executors,
  reportProblem: ({ message }) => console.log(message),
});
const { port } = await startMetricsServer({ worker, connection, port: 0, host: "127.0.0.1" });
console.log(`ready on ${port}`);
process.on("SIGTERM", async () => {
  await worker.drain(1_000);
  await connection.close();
  process.exit(0);
});
