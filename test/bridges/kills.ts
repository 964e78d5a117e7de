import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executor } from "../../generated/post-ledger-entry/executor.ts";
import { connect } from "../../runtime/connection.ts";
import { startWorker } from "../../runtime/worker.ts";

const PROCESS = join(import.meta.dirname, "../e2e/bridges/bridge-process.ts");

/** Runs the bridge in processes that kill themselves, each at another step, and then one to its end; returns the tasks. */
export async function bridgeKills(options: {
  readonly args: readonly string[];
  readonly kills: number;
  readonly expected: number;
}): Promise<{ sequences: number[]; tasks: number; killed: number }> {
  const data = await mkdtemp(join(tmpdir(), "fivefold-bridge-"));
  let killed = 0;
  for (let life = 0; life <= options.kills; life++) {
    // The first steps of a round: received, before and after each publication, acknowledged.
    const killAt = life === options.kills ? 0 : life + 1;
    const child = spawn(process.execPath, [PROCESS, data, `${killAt}`, ...options.args], { stdio: "inherit" });
    const [, signal] = await once(child, "exit");
    if (signal === "SIGKILL") killed++;
  }
  const { ports, close } = await connect({ data });
  const seen = new Map<string, number>();
  const handler = (event: unknown, { id }: { id: string }) => {
    seen.set(id, (event as { sequence: number }).sequence);
  };
  const worker = await startWorker({ ports, executors: [{ ...executor, subscribers: { default: { handler } } }] });
  const until = Date.now() + 20_000;
  while (seen.size < options.expected && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
  // What there is too much of shows a moment later.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await worker.drain();
  await close();
  await rm(data, { recursive: true });
  return { sequences: [...new Set(seen.values())].sort((a, b) => a - b), tasks: seen.size, killed };
}
