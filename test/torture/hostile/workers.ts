import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { endWithThisProcess } from "../../parts/program.ts";

const WORKER = join(import.meta.dirname, "hostile-worker.ts");
const RESTART_MS = 50;
const PROBE_MS = 500;

/** Worker processes that are started again whenever they end, or say that they are not live, as Kubernetes does. */
export interface Workers {
  readonly starts: number;
  /** What they printed. */
  readonly lines: readonly string[];
  /** Kills one at random with SIGKILL. */
  kill(random: number): void;
  stop(): Promise<void>;
}

export function startWorkers(count: number, project: string, env: NodeJS.ProcessEnv): Workers {
  const lines: string[] = [];
  const living = new Set<ChildProcess>();
  let starts = 0;
  let isStopping = false;

  function start(): void {
    const child = spawn(process.execPath, ["--max-old-space-size=128", WORKER, project], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    starts++;
    endWithThisProcess(child);
    living.add(child);
    let port = 0;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        lines.push(...text.split("\n").filter((line) => line !== ""));
        port ||= Number(/^ready on (\d+)/m.exec(text)?.[1] ?? 0);
      });
    }
    const probe = setInterval(async () => {
      const answer = port ? await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined) : undefined;
      if (answer?.status === 503) child.kill("SIGTERM");
    }, PROBE_MS);
    child.once("exit", () => {
      clearInterval(probe);
      living.delete(child);
      if (!isStopping) setTimeout(start, RESTART_MS);
    });
  }

  for (let i = 0; i < count; i++) start();
  return {
    get starts() {
      return starts;
    },
    lines,
    kill(random) {
      [...living][Math.floor(random * living.size)]?.kill("SIGKILL");
    },
    async stop() {
      isStopping = true;
      await Promise.all(
        [...living].map(async (child) => {
          const ended = new Promise((resolve) => child.once("exit", resolve));
          child.kill("SIGTERM");
          const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
          await ended;
          clearTimeout(late);
        }),
      );
    },
  };
}
