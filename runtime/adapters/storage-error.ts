import { statfsSync } from "node:fs";
import { FivefoldError } from "../contract/errors.ts";

const NO_SPACE: ReadonlySet<string | number> = new Set(["ENOSPC", "EDQUOT", 28, 122, -30792]);
/** LMDB takes a write that the file system cut short for this. */
const INPUT_OUTPUT_ERROR = 5;
const NEARLY_FULL_BYTES = 1024 * 1024;
const NO_ACCESS: ReadonlySet<string | number> = new Set([
  ...["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ENOENT", "EISDIR"],
  ...[13, 1, 30, 20, 17, 2, 21],
]);
/** LMDB's MDB_CORRUPTED, MDB_INVALID, MDB_PAGE_NOTFOUND, MDB_BAD_TXN, MDB_PANIC, MDB_PROBLEM. */
const DAMAGED: ReadonlySet<string | number> = new Set([-30796, -30793, -30797, -30782, -30795, -30779]);

const RESTORE =
  "Stop all processes that use it and restore the folder from a copy; or move it away to begin with an empty one, and keep it for what can be saved from it.";

/** Says what a failure of the store means for whoever called, and what to do. LMDB's codes are negative, errno's are not. */
export function storageError(error: unknown, folder: string, fix = RESTORE): FivefoldError {
  if (error instanceof FivefoldError) return error;
  const { message, code } = describe(error);
  const options = { cause: error };
  if (NO_SPACE.has(code) || (code === INPUT_OUTPUT_ERROR && isNearlyFull(folder)))
    return storageFull(folder, "its file system has no room left", options);
  if (NO_ACCESS.has(code)) {
    return new FivefoldError(
      "storage-unwritable",
      `The data folder ${folder} cannot be written: ${message}. It must be a directory in which this user may create and change files; correct its path or its permissions.`,
      options,
    );
  }
  if (DAMAGED.has(code)) return storageCorrupt(folder, message, fix, error);
  return new FivefoldError("storage-failed", `The data folder ${folder} failed: ${message}.`, options);
}

/** Another process is in the way, and may be for long: nothing was done, and it can be tried again. */
export class StoreHeldError extends FivefoldError {
  constructor(message: string) {
    super("storage-failed", message);
  }
}

export function storageFull(folder: string, reason: string, options?: { cause: unknown }): FivefoldError {
  return new FivefoldError(
    "storage-full",
    `The data folder ${folder} is full: ${reason}. Nothing of this call was stored, and nothing stored before is lost. Publishing works again once consumers have settled records, or there is more room.`,
    options,
  );
}

const MAX_NAMED = 20;

/** Says that a damaged file was put aside, and what of it is lost. */
export function storageSalvaged(
  file: string,
  findings: readonly string[],
  done: string,
  lost: readonly string[],
  aside: string,
): FivefoldError {
  const some = (what: readonly string[]) =>
    what.length <= MAX_NAMED
      ? what.join("; ")
      : `${what.slice(0, MAX_NAMED).join("; ")}; and ${what.length - MAX_NAMED} more`;
  return new FivefoldError(
    "storage-corrupt",
    `${file} was damaged: ${some(findings)}. ${done[0]!.toUpperCase()}${done.slice(1)}. Lost: ${lost.length === 0 ? "nothing" : some(lost)}. The damaged file is kept as ${aside}; delete it when you need it no more.`,
  );
}

export function storageCorrupt(file: string, finding: string, fix = RESTORE, cause?: unknown): FivefoldError {
  return new FivefoldError(
    "storage-corrupt",
    `${file} is damaged: ${finding}. Nothing was changed or deleted. ${fix}`,
    cause === undefined ? undefined : { cause },
  );
}

/** Most names that a report of damage lists. */
const NAMED = 20;

/** Reports values that are not as they were written, and were set aside. */
export function damagedValues(folder: string, what: string, names: readonly string[]): FivefoldError {
  const listed = names.slice(0, NAMED).join("; ");
  const more = names.length > NAMED ? `; and ${names.length - NAMED} more` : "";
  return new FivefoldError(
    "storage-corrupt",
    `${names.length} of the ${what} in ${folder} can't be read any more: ${listed}${more}. What was found of them is ` +
      "kept there in the table 'damaged'; all others go on. The disk or its file system has changed what was written: " +
      "check it, and restore from a backup what must not be missing.",
  );
}

function isNearlyFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < NEARLY_FULL_BYTES;
  } catch {
    return false;
  }
}

function describe(error: unknown): { message: string; code: string | number } {
  if (!(error instanceof Error)) return { message: String(error), code: "" };
  const code = "code" in error && (typeof error.code === "string" || typeof error.code === "number") ? error.code : "";
  return { message: error.message, code };
}
