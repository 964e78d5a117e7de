import { type Diagnostic, diagnostic } from "../diagnostics/diagnostics.ts";
import { LOCK_FILE } from "./lock.ts";
import { type Lock, tryReadLock } from "./lock-file.ts";
import { type Claims, type LockCommit, lostReleases } from "./lock-history.ts";

/** What earlier commits say of the lock. */
export interface History {
  readonly claims: Claims;
  /** The last commit with a lock; `undefined`: none ever had one. */
  readonly last: LockCommit | undefined;
  /** Whether the project was built before, which leaves a lock: known by what is generated, where git says nothing. */
  readonly wasBuilt: boolean;
  /** A text of the lock that was read meanwhile. */
  readonly read?: { readonly text: string; readonly lock: Lock } | undefined;
}

/** Refuses a lock that is gone, or that lacks releases of earlier commits. */
export function checkHistory(lockText: string | undefined, { claims, last, wasBuilt, read }: History): Diagnostic[] {
  const span = { file: LOCK_FILE, line: 1, column: 1, endLine: 1, endColumn: 1 };
  if (lockText === undefined) {
    if (!last && !wasBuilt) return [];
    return [diagnostic("missing-lock", span, { commit: last && shortHash(last.name) })];
  }
  const lock = read?.text === lockText ? read.lock : tryReadLock(lockText);
  // What is wrong with one that can't be read is told elsewhere.
  if (!lock) return [];
  return lostReleases(lock, claims).map(({ useCase, version, isOther, claim }) =>
    diagnostic("lost-release", span, { useCase, version, isOther, commit: shortHash(claim.commit) }),
  );
}

/** As people tell commits apart. */
function shortHash(name: string): string {
  return /^[0-9a-f]{40,}$/.test(name) ? name.slice(0, 10) : name;
}
