import { fork } from "node:child_process";
import { once } from "node:events";

/** What a process of a benchmark says when its part is over. */
export interface Report {
  readonly wallMs: number;
  /** User and system time of the process during its part. */
  readonly cpuMicros: number;
}

/** A process of a benchmark: it says `ready`, is told to `go`, and reports. */
export interface Party {
  go(): Promise<Report>;
  stop(): Promise<void>;
}

/** Starts a module of this folder in a process of its own, and waits until it is ready. */
export async function startParty(module: string, args: readonly string[]): Promise<Party> {
  const child = fork(new URL(module, import.meta.url), args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const exited = once(child, "exit");
  const failed = exited.then(([code]) => {
    throw new Error(`${module} ${args.join(" ")} ended with ${code}`);
  });
  failed.catch(() => {});
  await Promise.race([once(child, "message"), failed]);
  return {
    async go() {
      const report = once(child, "message");
      child.send("go");
      const [message] = (await Promise.race([report, failed])) as [Report];
      return message;
    },
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** The other side: in the process itself. Runs `part` when told to, and reports what it took. */
export function takePart(part: () => Promise<void>): void {
  process.once("message", async () => {
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    await part();
    const { user, system } = process.cpuUsage(cpu);
    process.send!({ wallMs: performance.now() - startedAt, cpuMicros: user + system } satisfies Report);
  });
  process.send!("ready");
}
