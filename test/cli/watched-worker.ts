/* A worker with a watchdog of 1 s on a data folder, one task at a time, until two are done: `loops` or `blocks` for 300 ms. */
import { startWatchdog } from "../../cli/worker/watchdog.ts";
import { createClient } from "../../runtime/client.ts";
import { connect } from "../../runtime/connection.ts";
import { startWorker } from "../../runtime/worker.ts";
import { noteContracts } from "../runtime/note-contract.ts";

const [data, deed] = process.argv.slice(2) as [string, "loops" | "blocks"];
const { client, executor } = noteContracts({
  subscribers: { default: { maxInFlight: 1 } },
  handlers: {
    default({ id }) {
      const until = deed === "loops" && id === "first" ? Number.POSITIVE_INFINITY : performance.now() + 300;
      while (performance.now() < until);
    },
  },
});
const connection = await connect({ data });
const { transport } = connection.ports;
await transport.declare([{ name: "note", ordered: false, subscriptions: ["default"] }]);
const notes = createClient(client);
await notes.enqueue({ id: "first" });
await notes.enqueue({ id: "second" });
await startWatchdog(1_000);
const worker = await startWorker({ ports: connection.ports, executors: [executor] });
while ((await transport.backlog("note", "default")) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
await worker.drain();
await connection.close();
