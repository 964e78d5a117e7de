import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";

/** A process, so that others can tell whether it still runs. Parts that this machine does not tell are empty. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since the machine started: a later process with the same pid has another one. */
  readonly startTime: string;
  /** Pids mean something among processes of one namespace (of one container) only. */
  readonly pidNamespace: string;
}

/** Changes when the machine starts anew; empty where the machine does not tell. */
export function bootId(): string {
  if (process.platform !== "darwin") return readText("/proc/sys/kernel/random/boot_id").trim();
  try {
    return execFileSync("/usr/sbin/sysctl", ["-n", "kern.bootsessionuuid"], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

export function currentProcess(): ProcessIdentity {
  return { pid: process.pid, startTime: startTimeOf(process.pid), pidNamespace: ownPidNamespace() };
}

/** Whether a process has ended; false when it runs, or when that cannot be told from here. */
export function hasEnded({ pid, startTime, pidNamespace }: ProcessIdentity): boolean {
  if (pidNamespace !== ownPidNamespace()) return false;
  if (startTime !== "") return startTimeOf(pid) !== startTime;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** Field 22 of /proc/<pid>/stat; the second field is the program's name in parentheses, and may hold any character. */
function startTimeOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A zombie has ended, though its parent has not asked for its result yet.
  if (fields[0] === "Z" || fields[0] === "X") return "";
  return fields[19] ?? "";
}

function ownPidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
