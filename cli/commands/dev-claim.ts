import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Fault } from "../../loader/fault.ts";
import {
  currentProcess,
  livenessOf,
  type ProcessIdentity,
} from "../../runtime/adapters/embedded/lmdb/process-identity.ts";

const FILE = "dev.json";

/**
 * Claims a data folder for one `fivefold dev`: two would run each other's tasks with different code, as files change.
 * Returns what gives it back. Throws a Fault where another one that still runs has it.
 */
export function claimDataFolder(dataFolder: string): () => void {
  const path = join(dataFolder, FILE);
  const draft = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(draft, JSON.stringify(currentProcess()));
  try {
    while (!isLinked(draft, path)) {
      const holder = read(path);
      if (holder && livenessOf(holder) !== "ended") throw claimed(dataFolder, holder);
      takeAway(path, `${draft}.old`);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (read(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}

/** Whether the file is now there by that name too; not where something else has the name. */
function isLinked(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Removes what a process left that has ended. Another one may have done so, and claimed the folder, since it was read. */
function takeAway(path: string, old: string): void {
  try {
    renameSync(path, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const taken = read(old);
  if (taken && livenessOf(taken) !== "ended") isLinked(old, path);
  rmSync(old, { force: true });
}

/** `undefined`: there is none, or it was cut off while it was written. */
function read(path: string): ProcessIdentity | undefined {
  try {
    const found = JSON.parse(readFileSync(path, "utf8")) as Partial<ProcessIdentity>;
    const { pid, startTime, pidNamespace } = found;
    return typeof pid === "number" && typeof startTime === "string" && typeof pidNamespace === "string"
      ? { pid, startTime, pidNamespace }
      : undefined;
  } catch {
    return undefined;
  }
}

function claimed(dataFolder: string, { pid }: ProcessIdentity): Fault {
  const folder = relative(process.cwd(), dataFolder) || ".";
  return new Fault(
    "usage",
    `Another \`fivefold dev\` (process ${pid}) runs on ${folder}, and one data folder has one. End it, or name another ` +
      "folder with --data.",
  );
}
