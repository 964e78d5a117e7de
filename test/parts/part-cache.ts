import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { tail } from "./log-tail.ts";

/** What a hook that installs parts needs on a machine that has none yet, in milliseconds: Go builds of two programs. */
export const INSTALL_TIMEOUT_MS = 80 * 60_000;

const LOCK_POLL_MS = 250;

/** A real program that tests start, installed once a machine. */
export interface Part {
  readonly name: string;
  /** Names everything that decides what is built: a change of it builds anew, beside the old one. */
  readonly version: string;
  /** For whoever waits, such as "27 s" or "15 minutes". */
  readonly takes: string;
  /** Fills the empty folder `folder`, which is renamed to the part's own afterwards; appends what tools print to `log`. */
  build(folder: string, log: string): Promise<void>;
}

/** Where parts are kept: outside the checkout, so that a fresh clone on the same machine finds them. */
export function partsFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.FIVEFOLD_PARTS_CACHE) return env.FIVEFOLD_PARTS_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "fivefold-parts");
}

/**
 * The folder of a part, which is built first where it is missing.
 * A build that fails or is killed leaves nothing that a later run takes for the part, and two runs never build it twice.
 */
export async function installPart(part: Part, root: string = partsFolder()): Promise<string> {
  const id = `${part.name}-${part.version}`;
  const folder = join(root, id);
  if (existsSync(folder)) return folder;
  await mkdir(root, { recursive: true });
  const unlock = await lock(join(root, `${id}.lock`));
  try {
    if (existsSync(folder)) return folder;
    await removeAbandoned(root, id);
    const building = await mkdtemp(join(root, `${id}.building-`));
    const log = join(root, `${id}.log`);
    await rm(log, { force: true });
    process.stderr.write(`installing ${id}, which takes about ${part.takes}; see ${log}\n`);
    try {
      await part.build(building, log);
    } catch (cause) {
      await rm(building, { recursive: true, force: true });
      throw new Error(`${id} could not be installed: ${(cause as Error).message}\n${await tail(log)}`, { cause });
    }
    await rename(building, folder);
    return folder;
  } finally {
    unlock();
  }
}

/** What builds that were killed left; nobody else builds this part while its lock is held. */
async function removeAbandoned(root: string, id: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith(`${id}.building-`)) await rm(join(root, name), { recursive: true, force: true });
  }
}

/**
 * Waits for an exclusive lock between processes. SQLite's own file lock serves, since the system drops it together with
 * a process that dies, where a lock file would stay behind.
 */
async function lock(path: string): Promise<() => void> {
  const database = new DatabaseSync(path);
  for (;;) {
    try {
      database.exec("BEGIN EXCLUSIVE");
      return () => database.close();
    } catch (cause) {
      if (!/locked/.test((cause as Error).message)) {
        database.close();
        throw new Error(`${path} can't be locked: ${(cause as Error).message}`, { cause });
      }
    }
    await sleep(LOCK_POLL_MS);
  }
}
