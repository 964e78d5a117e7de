import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { endWithThisProcess } from "./program.ts";

export interface ToolOptions {
  readonly cwd: string;
  /** What it prints is appended there. */
  readonly log: string;
  /** A new file for its standard output, which then stays out of the log. */
  readonly output?: string;
  /** Added to this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

const HOW_TO_GET: Readonly<Record<string, string>> = {
  mvn: "install Apache Maven and Java 17 or newer (Debian: maven, openjdk-17-jre-headless)",
  go: "install Go 1.26 or newer",
  cargo: "install Rust (Debian: cargo)",
  "g++": "install a C++ compiler (Debian: g++)",
  python3: "install Python 3 with pip (Debian: python3-pip)",
};

/** Runs a tool to its end, at the lowest priority: builds take the time that nobody else needs. */
export async function runTool(command: string, args: readonly string[], options: ToolOptions): Promise<void> {
  const log = openSync(options.log, "a");
  const output = options.output === undefined ? log : openSync(options.output, "w");
  try {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", output, log],
    });
    endWithThisProcess(child);
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    const [code, signal] = await once(child, "exit");
    if (code !== 0) throw new Error(`'${command} ${args.join(" ")}' ended with ${code ?? signal}`);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new Error(`'${command}' is not on the PATH; ${HOW_TO_GET[command] ?? "install it"}`, { cause });
  } finally {
    closeSync(log);
    if (output !== log) closeSync(output);
  }
}
