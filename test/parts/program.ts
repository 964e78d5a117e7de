import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { tail } from "./log-tail.ts";

const READY_POLL_MS = 200;
const ANSWER_WITHIN_MS = 30_000;
const STOP_GRACE_MS = 20_000;

/** A user of the system that a program runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface ProgramOptions {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: that of this process. */
  readonly account?: Account;
  /** Asks it to end. Default `SIGTERM`. */
  readonly stopSignal?: NodeJS.Signals;
  /** What it prints is appended there, and shown when it does not get ready. */
  readonly log: string;
  /** Resolves with `undefined` once the program serves, and with what is missing until then; may also throw. */
  ready(): Promise<string | undefined>;
  readonly readyWithinMs: number;
  /** How long it may take to end when it is asked to; then it is killed. Default 20 s. */
  readonly stopsWithinMs?: number;
  /** How often it is started until it serves, each time for that long, and killed in between. Default 1. */
  readonly starts?: number;
}

/** A program that was started and serves. */
export interface Program {
  readonly pid: number;
  /** SIGKILL, as if the machine lost power. Resolves once it is gone. */
  kill(): Promise<void>;
  /** Asks it to end, and kills it where it takes too long. Resolves once it is gone. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A test process that ends early, by a failed import or by `process.exit`, must leave no program behind. */
export function endWithThisProcess(child: ChildProcess): void {
  running.add(child);
  child.once("close", () => running.delete(child));
}

/** It ran, and did not serve in time. */
class LateError extends Error {}

/** Starts a program and waits until it serves. One that ends or does not get ready is an error that shows its log. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { starts = 1 } = options;
  for (let start = 1; start < starts; start++) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (!(error instanceof LateError)) throw error;
      console.warn(`${error.message}\nIt is started again.`);
    }
  }
  return startOnce(options);
}

async function startOnce(options: ProgramOptions): Promise<Program> {
  const { name, log } = options;
  const child = spawnProgram(options);
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  const deadline = Date.now() + options.readyWithinMs;
  let missing = "it was not asked yet";
  for (;;) {
    if (failure) throw new Error(`${name} could not be started: ${failure.message}`, { cause: failure });
    if (hasEnded(child)) {
      throw new Error(`${name} ended with ${ending(child)} before it served.\n${await tail(log)}`);
    }
    const answer = await Promise.race([options.ready().catch(errorText), noAnswer()]);
    if (answer === undefined && !hasEnded(child)) return programOf(child, options);
    missing = answer ?? missing;
    if (Date.now() > deadline) {
      await end(child, "SIGKILL");
      throw new LateError(`${name} did not serve within ${options.readyWithinMs} ms: ${missing}\n${await tail(log)}`);
    }
    await sleep(READY_POLL_MS);
  }
}

/** A question that is neither answered nor refused, as one may be that meets a server at its start, is asked again. */
async function noAnswer(): Promise<string> {
  await sleep(ANSWER_WITHIN_MS, undefined, { ref: false });
  return `it did not answer within ${ANSWER_WITHIN_MS} ms`;
}

function spawnProgram({ command, args, cwd, env, account, log }: ProgramOptions): ChildProcess {
  const file = openSync(log, "a");
  try {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      ...account,
      stdio: ["ignore", file, file],
    });
    endWithThisProcess(child);
    return child;
  } finally {
    closeSync(file);
  }
}

function programOf(child: ChildProcess, options: ProgramOptions): Program {
  const { stopSignal = "SIGTERM", stopsWithinMs = STOP_GRACE_MS } = options;
  return {
    pid: child.pid!,
    kill: () => end(child, "SIGKILL"),
    async stop() {
      const patience = setTimeout(() => child.kill("SIGKILL"), stopsWithinMs);
      await end(child, stopSignal);
      clearTimeout(patience);
    },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function ending(child: ChildProcess): string {
  return child.exitCode !== null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`;
}

/** What an error says, with the cause that `fetch` hides the reason in. */
function errorText(error: Error): string {
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${error.message}${cause}`;
}
