import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const READY_WITHIN_MS = 60_000;

/** A `fivefold capture` of its own process, to be killed. */
export interface CaptureProcess {
  /** Resolves once it says that it captures. */
  readonly ready: Promise<void>;
  kill(): Promise<void>;
  /** What it printed. */
  text(): string;
  readonly child: ChildProcess;
}

export interface CaptureProcessOptions {
  /** The project; default: this repository. */
  readonly root?: string;
  /** The data folder of the embedded store. */
  readonly data: string;
  readonly args: readonly string[];
}

export function startCaptureProcess({ root = ROOT, data, args }: CaptureProcessOptions): CaptureProcess {
  const words = ["capture", "--root", root, "--metrics-port", "0", ...args];
  const child = spawn(process.execPath, ["--no-warnings", join(ROOT, "cli", "main.js"), ...words], {
    env: { ...process.env, FIVEFOLD_DATA: data },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text += chunk;
    });
  }
  const ended = once(child, "close");
  async function ready(): Promise<void> {
    const endsAt = performance.now() + READY_WITHIN_MS;
    while (!text.includes("captures ")) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > endsAt) {
        throw new Error(`fivefold capture did not start: ${text}`);
      }
      await sleep(systemClock, 20);
    }
  }
  return {
    ready: ready(),
    child,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    text: () => text,
  };
}
