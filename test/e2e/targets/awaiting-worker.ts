/*
 * A worker process, on what its environment names, whose tasks are answered by 202. Tells its port for callbacks, and each task
 * that is settled.
 */
import { openCallbackPort } from "../../../runtime/callback-port.ts";
import { connect } from "../../../runtime/connection.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { noteContracts } from "../../runtime/note-contract.ts";

const target = { kind: "service", name: "thumbnails", path: "/", format: "json" } as const;
const { executor } = noteContracts({
  subscribers: {
    default: { target, timeoutMs: 8_000, maxRetries: 4, maxInFlight: 1_000, backoff: { minMs: 10, maxMs: 50 } },
  },
});
const connection = await connect();
const { ports } = connection;
const worker = await startWorker({
  ports,
  executors: [{ ...executor, toJson: (event) => event }],
  observe(_, settled) {
    const told = settled.map(({ message, result }) => [message.id, result]);
    process.send?.({ settled: told });
  },
  reportProblem: ({ message }) => process.send?.({ problem: message }),
});
const { port } = await openCallbackPort({ ports, useCases: [executor.settings], port: 0, host: "127.0.0.1" });
process.send?.({ port });
process.once("SIGTERM", async () => {
  await worker.drain(5_000);
  await connection.close();
  process.exit(0);
});
// It stays as long as whoever started it.
process.once("disconnect", () => process.exit(1));
