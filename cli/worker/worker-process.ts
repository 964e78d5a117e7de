import { fork } from "node:child_process";
import type { WorkerReport } from "./worker-report.ts";

/** Longest that a draining worker may take, before it is ended: what it had not settled runs again later. */
const DRAIN_MS = 60_000;

export interface WorkerProcess {
  /** Lets running tasks end and ends the process. Resolves once it is gone, also if it was already. */
  drain(): Promise<void>;
  /** Ends it at once. What it held is delivered again later. */
  kill(): void;
}

export interface WorkerProcessOptions {
  readonly root: string;
  readonly dataFolder: string;
  /** Where events are taken by HTTP; another port where that one is taken. */
  readonly gatewayPort: number;
  readonly callbackPort: number;
  /** What it is told besides this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether what handlers print goes to stderr, as stdout is for machines. */
  readonly quietStdout: boolean;
  readonly onReport: (report: WorkerReport) => void;
  /** Called when it ends without having been asked to. */
  readonly onCrash: (how: string) => void;
}

/** Starts a process that runs all use cases of a project: `fivefold worker`, over a channel to this process. */
export function startWorkerProcess(options: WorkerProcessOptions): WorkerProcess {
  const { root, dataFolder, gatewayPort, callbackPort, environment, quietStdout, onReport, onCrash } = options;
  const words = [
    "worker",
    "--root",
    root,
    "--data",
    dataFolder,
    "--gateway-port",
    String(gatewayPort),
    "--callback-port",
    String(callbackPort),
  ];
  const child = fork(process.argv[1] as string, words, {
    cwd: process.cwd(),
    env: { ...process.env, ...environment },
    stdio: ["ignore", quietStdout ? 2 : 1, 2, "ipc"],
  });
  let asked = false;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      if (!asked) onCrash(signal ? `by ${signal}` : `with exit code ${code}`);
      resolve();
    });
  });
  child.on("message", (report) => onReport(report as WorkerReport));
  return {
    async drain() {
      asked = true;
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), DRAIN_MS);
      await ended;
      clearTimeout(late);
    },
    kill() {
      asked = true;
      child.kill("SIGKILL");
    },
  };
}
