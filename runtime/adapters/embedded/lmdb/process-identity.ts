import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** A process, so that others can tell whether it still runs. Parts that this machine does not tell are empty. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since the machine started: a later process with the same pid has another one. */
  readonly startTime: string;
  /** Pids mean something among processes of one namespace (of one container) only. */
  readonly pidNamespace: string;
}

/**
 * Whether a process runs, told by the machine and never by a clock. `unknown`: it could not be asked, for want of file
 * descriptors say, or because the process is of another pid namespace. Only `ended` lets anybody take what it holds; a
 * process that is stopped or hangs is alive.
 */
export type Liveness = "alive" | "ended" | "unknown";

/** Changes when the machine starts anew; empty where the machine does not tell. */
export function bootId(): string {
  if (process.platform !== "darwin") return (readIfExists("/proc/sys/kernel/random/boot_id") ?? "").trim();
  try {
    return execFileSync("/usr/sbin/sysctl", ["-n", "kern.bootsessionuuid"], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

let own: ProcessIdentity | undefined;

/** Throws where the machine could tell, but does not now: an identity with a part missing is another process' one. */
export function currentProcess(): ProcessIdentity {
  own ??= {
    pid: process.pid,
    startTime: parseStat(readIfExists(`/proc/${process.pid}/stat`) ?? "").startTime,
    pidNamespace: ownPidNamespace(),
  };
  return own;
}

/** What people know this process by: its program and its main module. */
export function ownCommand(): string {
  const [program = "", main] = process.argv;
  return (main ? `${basename(program)} ${basename(main)}` : basename(program)).slice(0, 60);
}

export function livenessOf({ pid, startTime, pidNamespace }: ProcessIdentity): Liveness {
  if (pidNamespace !== currentProcess().pidNamespace) return "unknown";
  // Asking for a signal needs no file descriptor. A zombie can be asked, and a later process of that pid.
  if (!exists(pid)) return "ended";
  if (startTime === "") return "alive";
  let stat: string | undefined;
  try {
    stat = readIfExists(`/proc/${pid}/stat`);
  } catch {
    return "unknown";
  }
  // Ended since; or /proc hides the processes of others.
  if (stat === undefined) return exists(pid) ? "unknown" : "ended";
  const found = parseStat(stat);
  return found.isZombie || found.startTime !== startTime ? "ended" : "alive";
}

/** Whether a process has ended; false when it runs, or when that cannot be told. */
export const hasEnded = (identity: ProcessIdentity): boolean => livenessOf(identity) === "ended";

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists, and belongs to another user.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** Field 22 of /proc/<pid>/stat; the second field is the program's name in parentheses, and may hold any character. */
function parseStat(stat: string): { startTime: string; isZombie: boolean } {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A zombie has ended, though its parent has not asked for its result yet.
  return { startTime: fields[19] ?? "", isZombie: fields[0] === "Z" || fields[0] === "X" };
}

function ownPidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch (error) {
    return ifMissing(error, "");
  }
}

function readIfExists(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    return ifMissing(error, undefined);
  }
}

/** What stands for a file that does not exist. Any other error is no answer, and must not be taken for one. */
function ifMissing<T>(error: unknown, value: T): T {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  // ESRCH: the process ended while it was read.
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ESRCH") return value;
  throw error;
}
