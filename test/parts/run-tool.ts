import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Account, endWithThisProcess } from "./program.ts";

export interface ToolOptions {
  readonly cwd: string;
  /** What it prints is appended there. */
  readonly log: string;
  /** A new file for its standard output, which then stays out of the log. */
  readonly output?: string;
  /** Default: that of this process. */
  readonly account?: Account;
  /** A build takes the time that nobody else needs. `false` for what a test waits for. Default `true`. */
  readonly patient?: boolean;
  /** For what asks a registry, which may not answer at once. Default 1. */
  readonly attempts?: number;
  /** Added to this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

const RETRY_AFTER_MS = 2_000;

const HOW_TO_GET: Readonly<Record<string, string>> = {
  mvn: "install Apache Maven and Java 17 or newer (Debian: maven, openjdk-17-jre-headless)",
  go: "install Go 1.26 or newer",
  cargo: "install Rust (Debian: cargo)",
  "g++": "install a C++ compiler (Debian: g++)",
  python3: "install Python 3 with pip (Debian: python3-pip)",
};

/** Runs a tool to its end. Another exit code than 0 is an error. */
export async function runTool(command: string, args: readonly string[], options: ToolOptions): Promise<void> {
  const { attempts = 1 } = options;
  for (let attempt = 1; ; attempt++) {
    const ended = await runOnce(command, args, options);
    if (ended === 0) return;
    if (attempt >= attempts) throw new Error(`'${command} ${args.join(" ")}' ended with ${ended}`);
    await sleep(RETRY_AFTER_MS);
  }
}

/** Resolves with the exit code, or with the signal that ended it. */
async function runOnce(command: string, args: readonly string[], options: ToolOptions): Promise<number | string> {
  const log = openSync(options.log, "a");
  const output = options.output === undefined ? log : openSync(options.output, "w");
  try {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      ...options.account,
      stdio: ["ignore", output, log],
    });
    endWithThisProcess(child);
    if (options.patient !== false && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    const [code, signal] = await once(child, "exit");
    return code ?? signal;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new Error(`'${command}' is not on the PATH; ${HOW_TO_GET[command] ?? "install it"}`, { cause });
  } finally {
    closeSync(log);
    if (output !== log) closeSync(output);
  }
}
