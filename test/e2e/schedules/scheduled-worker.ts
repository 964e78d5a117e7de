/* A worker process whose use case has a schedule; it writes a line for each task to a file. How it connects, its options say. */
import { appendFileSync } from "node:fs";
import { type ConnectOptions, connect } from "../../../runtime/connection.ts";
import type { ScheduleSettings } from "../../../runtime/contract/schedule.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { noteContracts } from "../../runtime/note-contract.ts";

const [options, file] = process.argv.slice(2) as [string, string];
const schedules: ScheduleSettings[] = [{ name: "second", everyMs: 1_000, missed: 1 }];
const { client, executor } = noteContracts({
  settings: { schedules },
  handlers: { default: ({ id }, task) => appendFileSync(file, `${id} ${task.id}\n`) },
});
const connection = await connect(JSON.parse(options) as ConnectOptions);
const worker = await startWorker({
  ports: connection.ports,
  executors: [
    {
      ...executor,
      scheduled: {
        events: { second: ({ at }) => ({ id: at.toISOString() }) },
        client: async () => client as never,
      },
    },
  ],
});
process.once("SIGTERM", async () => {
  await worker.drain(5_000);
  await connection.close();
  process.exit(0);
});
// It stays as long as whoever started it.
process.once("disconnect", () => process.exit(1));
process.send?.("ready");
