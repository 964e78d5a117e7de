import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { LoneAnswer, LoneRequest } from "./lone-protocol.ts";

/** Of the published package, which is built, the file's name ends in `.js`. */
const CHILD = join(import.meta.dirname, "../pipeline/lone-worker.ts".replace(/\.ts$/, extname(import.meta.filename)));

/** A process for tasks that must run alone. */
export interface LoneProcess {
  /** Tasks that it was given so far. */
  readonly ran: number;
  send(request: LoneRequest): void;
  /** Ends it at once, whatever it is at. */
  kill(): void;
}

export interface LoneProcessEvents {
  readonly answered: (answer: LoneAnswer) => void;
  /** It ended, by `kill` or not: `exit code 7`, `SIGSEGV`. Called once, after all answers. */
  readonly ended: (how: string, byItself: boolean) => void;
}

/** Signals that a process sends itself: by native code, or by V8 where its memory ends. */
const OWN_SIGNALS: ReadonlySet<string> = new Set([
  "SIGABRT",
  "SIGSEGV",
  "SIGBUS",
  "SIGILL",
  "SIGFPE",
  "SIGTRAP",
  "SIGSYS",
]);

/** What Node was started with, but what would start something else than the child, or listen where this process does. */
function execArguments(): string[] {
  const kept: string[] = [];
  for (let i = 0; i < process.execArgv.length; i++) {
    const argument = process.execArgv[i]!;
    if (/^(-e|--eval|-p|--print|-pe)$/.test(argument)) i++;
    else if (!/^--(eval|print|input-type|inspect|watch|test)\b/.test(argument)) kept.push(argument);
  }
  return kept;
}

/** Where the two versions of control groups tell of themselves. */
const CONTROL_GROUPS = "/sys/fs/cgroup";

/** How often the kernel has ended a process of this container for want of memory; 0 where it does not tell. */
export function outOfMemoryKills(root = CONTROL_GROUPS): number {
  for (const file of [join(root, "memory.events"), join(root, "memory/memory.oom_control")]) {
    try {
      const count = /^oom_kill (\d+)$/m.exec(readFileSync(file, "utf8"))?.[1];
      if (count !== undefined) return Number(count);
    } catch {
      // The other version of control groups, or none.
    }
  }
  return 0;
}

/** Starts a process that opens a use case's module. It ends with this one. */
export function startLoneProcess(
  open: LoneRequest & { kind: "open" },
  events: LoneProcessEvents,
  controlGroups?: string,
): LoneProcess {
  const child: ChildProcess = fork(CHILD, [], {
    execArgv: execArguments(),
    // Payloads stay bytes.
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const killsBefore = outOfMemoryKills(controlGroups);
  let ran = 0;
  let isOver = false;
  const over = (how: string, byItself: boolean) => {
    if (isOver) return;
    isOver = true;
    events.ended(how, byItself);
  };
  child.on("message", (answer) => {
    if (!isOver) events.answered(answer as LoneAnswer);
  });
  child.on("error", (error) => {
    child.kill("SIGKILL");
    over(error.message, false);
  });
  // Behind the last messages of its channel.
  child.on("close", (code, signal) => {
    if (signal === null) return over(`exit code ${code}`, true);
    const isOutOfMemory = signal === "SIGKILL" && outOfMemoryKills(controlGroups) > killsBefore;
    over(isOutOfMemory ? "out of memory" : signal, isOutOfMemory || OWN_SIGNALS.has(signal));
  });
  const send = (request: LoneRequest) => {
    // A channel that is closed means an end that is told of in a moment.
    child.send(request, () => {});
  };
  send(open);
  return {
    get ran() {
      return ran;
    },
    send(request) {
      if (request.kind === "run") ran++;
      send(request);
    },
    kill() {
      child.kill("SIGKILL");
    },
  };
}
