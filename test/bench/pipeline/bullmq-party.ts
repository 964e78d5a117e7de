/* A process of the benchmark that runs BullMQ: `produce-bulk`, `produce-single` or `consume`, on a Redis at a port. */
import { Queue, Worker } from "bullmq";
import { eachBulk, eachTask, makeJob, TASKS } from "./event.ts";
import { takePart } from "./party.ts";

const [role, port] = process.argv.slice(2) as [string, string];
const connection = { host: "127.0.0.1", port: Number(port), maxRetriesPerRequest: null };
const options = { removeOnComplete: true, removeOnFail: true };

if (role === "consume") {
  takePart(async () => {
    let left = TASKS;
    const worker = new Worker("run-job", async () => {}, { connection, concurrency: 200, autorun: false });
    const finished = new Promise<void>((resolve) => {
      worker.on("completed", () => {
        left -= 1;
        if (left === 0) resolve();
      });
    });
    void worker.run();
    await finished;
    await worker.close();
  });
} else {
  const queue = new Queue("run-job", { connection });
  await queue.waitUntilReady();
  takePart(() =>
    role === "produce-bulk"
      ? eachBulk((numbers) =>
          queue.addBulk(numbers.map((number) => ({ name: "run-job", data: makeJob(number), opts: options }))),
        )
      : eachTask((number) => queue.add("run-job", makeJob(number), options)),
  );
}
