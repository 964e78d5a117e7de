import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../../runtime/connection.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { noteContracts } from "../../runtime/note-contract.ts";

/*
 * A worker of many use cases, that then has nothing to do. Prints one line of JSON: how long it took to start, from the
 * process's own start on, and what part of a core it took while it was idle.
 */

const USE_CASES = 400;
/** What still goes on behind a start is none of its rest. */
const CALM_MS = 10_000;
const IDLE_MS = 30_000;

const connection = await connect();
const executors = Array.from(
  { length: USE_CASES },
  (_, index) => noteContracts({ settings: { name: `use-case-${index}` }, handlers: { default: () => {} } }).executor,
);
const worker = await startWorker({ ports: connection.ports, executors });
const startMs = Math.round(performance.now());
const { user, system } = process.cpuUsage();
const startCpuMs = Math.round((user + system) / 1_000);
await sleep(CALM_MS);
const before = process.cpuUsage();
const from = performance.now();
await sleep(IDLE_MS);
const used = process.cpuUsage(before);
const idlePercent = ((used.user + used.system) / 10 / (performance.now() - from)).toFixed(2);
const residentMb = Math.round(process.memoryUsage.rss() / 1_048_576);
const drainFrom = performance.now();
await worker.drain(1_000);
await connection.close();
const drainMs = Math.round(performance.now() - drainFrom);
console.log(JSON.stringify({ useCases: USE_CASES, startMs, startCpuMs, idlePercent, residentMb, drainMs }));
process.exit(0);
