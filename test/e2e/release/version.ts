import { appendFileSync } from "node:fs";
import { RejectError } from "../../../runtime/authoring/outcome.ts";
import { connect } from "../../../runtime/connection.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { noteContracts } from "../../runtime/note-contract.ts";
import { releaseSettings, type VersionOptions } from "./rollout.ts";

/** A worker of one release, as a process of its own. It logs each run as a line: release, id, start, end. */
const options = JSON.parse(process.argv[2] ?? "") as VersionOptions;
const { release, data, log, ordered, fault, serviceMs } = options;
const kept: Buffer[] = [];
let leaked = 0;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function misbehave(id: string, tenant: string): Promise<void> {
  if (!fault) return;
  const { kind, part = 1 } = fault;
  const isHit = kind === "tenant" ? tenant === "t0" : kind === "old" ? id.startsWith("old") : Math.random() < part;
  if (!isHit) return;
  appendFileSync(log, `fault ${release} ${Date.now()}\n`);
  if (kind === "reject") throw new RejectError("a bad release");
  if (kind === "crash") process.exit(7);
  if (kind === "spin") for (;;);
  if (kind === "hang") await new Promise(() => {});
  if (kind === "leak") {
    kept.push(Buffer.alloc(1024 * 1024 * (fault.leakMiB ?? 4), 1));
    leaked += fault.leakMiB ?? 4;
    // The container's limit, which no process here has.
    if (leaked > 200) process.kill(process.pid, "SIGKILL");
  } else if (kind !== "slow") throw new Error("a bad release");
}

const { executor } = noteContracts({
  settings: { ordered, release: releaseSettings(options) },
  subscribers: {
    default: { maxInFlight: 64, timeoutMs: options.timeoutMs, backoff: { minMs: 50, maxMs: 200 }, maxRetries: 5 },
  },
  handlers: {
    async default({ id, tenant = "" }, task) {
      const startedAt = Date.now();
      const slower = fault?.kind === "slow" ? (fault.factor ?? 1.3) : 1;
      await sleep(serviceMs * (0.8 + 0.4 * Math.random()) * slower);
      await misbehave(id, tenant);
      if (Math.random() < (options.errors ?? 0)) throw new Error("fails now and then, in every release");
      appendFileSync(log, `done ${release} ${id} ${task.key || "-"} ${startedAt} ${Date.now()}\n`);
    },
  },
});

const connection = await connect(options.pulsar ? { data, pulsar: options.pulsar } : { data });
const worker = await startWorker({
  ports: connection.ports,
  executors: [executor],
  release: { name: release },
  reportProblem: ({ message }) => process.send?.({ problem: message }),
});
process.on("disconnect", () => process.exit(0));
process.on("message", async () => {
  await worker.drain(5_000);
  await connection.close();
  process.exit(0);
});
process.send?.({ ready: true });
