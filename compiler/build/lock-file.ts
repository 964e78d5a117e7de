import { readFileSync } from "node:fs";
import { Fault, filing } from "../../loader/fault.ts";
import { LOCK_FILE } from "../lock/lock.ts";
import { LockFault } from "../lock/lock-json.ts";
import { refuseLinks, replaceFile } from "./own-files.ts";

/** The project's lock; throws a Fault where there is none. */
export function readLockFile(root: string): Promise<string> {
  return filing(`${LOCK_FILE} can't be read`, async () => {
    refuseLinks(root, LOCK_FILE);
    return readFileSync(`${root}/${LOCK_FILE}`, "utf8");
  });
}

export function writeLockFile(root: string, text: string): Promise<void> {
  return filing(`${LOCK_FILE} can't be written`, async () => replaceFile(root, LOCK_FILE, text));
}

/** Runs what reads the lock, and turns what is wrong with it into a Fault. */
export function readingLock<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LockFault)) throw error;
    throw new Fault("input", `${LOCK_FILE} can't be followed: ${error.message}. ${error.fix}`, { cause: error });
  }
}
