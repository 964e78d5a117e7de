import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { findRepository } from "../../compiler/build/git.ts";
import { type Lock, readLock } from "../../compiler/lock/lock-file.ts";
import { mergeLocks } from "../../compiler/lock/merge-locks.ts";
import { writeLock } from "../../compiler/lock/write-lock.ts";
import { EXIT } from "../../loader/fault.ts";
import { complain } from "../terminal.ts";

/**
 * `fivefold merge-lock <base> <ours> <theirs>`: what git asks to merge `contracts.lock.json`, see `gitattributes(5)`.
 * Writes the result to `ours`. What it can't merge is a conflict as git makes it, for `fivefold resolve`.
 */
export function mergeLockFiles(base: string, ours: string, theirs: string): void {
  const merged = merge(base, ours, theirs);
  if (merged !== undefined) {
    writeFileSync(ours, merged);
    return;
  }
  const labels = ["-L", "ours", "-L", "base", "-L", "theirs"];
  spawnSync("git", ["merge-file", ...labels, ours, base, theirs], { stdio: "ignore" });
  complain("contracts.lock.json: both sides released one version. Merge the use cases, then run `fivefold resolve`.");
  process.exitCode = EXIT.input;
}

function merge(base: string, ours: string, theirs: string): string | undefined {
  try {
    const [before, here, there] = [base, ours, theirs].map(read) as [Lock, Lock, Lock];
    const { lock, disputes } = isTheirsMain() ? mergeLocks(before, there, here) : mergeLocks(before, here, there);
    return disputes.length > 0 ? undefined : writeLock(lock);
  } catch {
    return undefined;
  }
}

/** A file that one side added has an empty base. */
function read(path: string): Lock {
  const text = readFileSync(path, "utf8");
  return text === "" ? new Map() : readLock(text);
}

/** Whether a main branch is merged into another one: git says by a variable what it merges. */
function isTheirsMain(): boolean {
  const hash = Object.keys(process.env).flatMap((name) => /^GITHEAD_([0-9a-f]{40,64})$/.exec(name)?.[1] ?? [])[0];
  const repository = findRepository(process.cwd());
  if (hash === undefined || !repository || "reason" in repository) return false;
  return repository.mains().some((main) => repository.isAncestor(hash, main.hash));
}
