/* A process of the benchmark that runs Fivefold: `produce-bulk`, `produce-single` or `consume`, on a compiled project. */
import { join } from "node:path";
import { type Client, connect, type Executor, startWorker } from "fivefold/runtime";
import { eachBulk, eachTask, type Job, makeJob, TASKS } from "./event.ts";
import { takePart } from "./party.ts";

const [role, project] = process.argv.slice(2) as [string, string];
const connection = await connect({ data: join(project, "data") });

if (role === "consume") {
  const { executor } = (await import(join(project, "generated/run-job/executor.ts"))) as { executor: Executor };
  let left = TASKS;
  let finish = () => {};
  takePart(async () => {
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const worker = await startWorker({
      ports: connection.ports,
      executors: [executor],
      observe: (_, settled) => {
        left -= settled.length;
        if (left <= 0) finish();
      },
    });
    await finished;
    await worker.drain();
  });
} else {
  const { runJob } = (await import(join(project, "generated/run-job/client.ts"))) as { runJob: Client<Job> };
  await connection.ports.transport.declare([{ name: "run-job", ordered: false, subscriptions: ["default"] }]);
  takePart(() =>
    role === "produce-bulk"
      ? eachBulk((numbers) => runJob.enqueueAll(numbers.map(makeJob)))
      : eachTask((number) => runJob.enqueue(makeJob(number))),
  );
}
