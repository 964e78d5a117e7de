import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const CLI = resolve(import.meta.dirname, "../../../cli/main.js");
const READY_WITHIN_MS = 60_000;
const DRAINED_WITHIN_MS = 40_000;

export interface ExecutorSettings {
  /** The project's folder, built. */
  readonly root: string;
  /** Which one it runs; absent: all of the project's. */
  readonly useCase?: string;
  /** As the container's environment would be. */
  readonly env: Readonly<Record<string, string>>;
}

/** What runs in an executor's container, as a process. */
export interface RunningExecutor {
  /** Ends it as Kubernetes would, and resolves once it has drained. Throws where it did not end well. */
  stop(): Promise<void>;
}

/** Runs `fivefold start`. Resolves once it handles tasks. */
export async function startExecutor({ root, useCase, env }: ExecutorSettings): Promise<RunningExecutor> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-executor-"));
  const log = join(folder, "executor.log");
  const names = useCase === undefined ? [] : [useCase];
  const child = spawn(process.execPath, [CLI, "start", ...names, "--root", root, "--metrics-port", "0"], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = createWriteStream(log);
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const exited = once(child, "exit") as Promise<[number | null]>;

  const fail = async (what: string): Promise<never> => {
    child.kill("SIGKILL");
    throw new Error(`the executor of ${useCase ?? root} ${what}:\n${await readFile(log, "utf8")}`);
  };
  const endsAt = performance.now() + READY_WITHIN_MS;
  while (!(await readFile(log, "utf8").catch(() => "")).includes("metrics on port")) {
    if (child.exitCode !== null) await fail(`ended with ${child.exitCode}`);
    if (performance.now() > endsAt) await fail(`is not ready after ${READY_WITHIN_MS} ms`);
    await sleep(100);
  }
  return {
    async stop() {
      child.kill("SIGTERM");
      const ended = await Promise.race([exited, sleep(DRAINED_WITHIN_MS, undefined, { ref: false })]);
      if (!ended) await fail(`has not drained after ${DRAINED_WITHIN_MS} ms`);
      if (ended?.[0] !== 0) await fail(`ended with ${ended?.[0]}`);
      await rm(folder, { recursive: true });
    },
  };
}
