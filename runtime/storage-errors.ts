import { FivefoldError } from "./errors.ts";

/** LMDB's codes (lmdb.h) for what makes a file unreadable: MDB_CORRUPTED, MDB_INVALID, MDB_PAGE_NOTFOUND, MDB_VERSION_MISMATCH, MDB_PANIC. */
const CORRUPT = new Set([-30796, -30793, -30797, -30794, -30795]);
const MDB_MAP_FULL = -30792;
const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const UNWRITABLE = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "EISDIR"]);
/** The same as numbers, which is how LMDB reports the system's errors. */
const SYSTEM_CODES: Readonly<Record<number, string>> = {
  1: "EPERM",
  13: "EACCES",
  20: "ENOTDIR",
  21: "EISDIR",
  27: "EFBIG",
  28: "ENOSPC",
  30: "EROFS",
  122: "EDQUOT",
};

function codeOf(error: unknown): string | number | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  const { code } = error;
  if (typeof code === "number") return SYSTEM_CODES[Math.abs(code)] ?? code;
  return typeof code === "string" ? code : undefined;
}

/** Says what an error of the disk or of LMDB means for the data in `folder`, and how to mend it. */
export function storageError(error: unknown, folder: string): FivefoldError {
  if (error instanceof FivefoldError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const text = String(code);
  if (code === MDB_MAP_FULL || FULL.has(text) || message.includes("MDB_MAP_FULL")) {
    return new FivefoldError(
      "storage-full",
      `No room left to write in '${folder}' (${message}). What was acknowledged is kept; this write was refused. Free ` +
        "disk space, or raise the limit: writing works again as soon as there is room.",
      { cause: error },
    );
  }
  if (UNWRITABLE.has(text)) {
    return new FivefoldError(
      "storage-unwritable",
      `'${folder}' can't be written (${message}). The data folder must be a directory that this user may write. Mend ` +
        "its permissions, or choose another folder with FIVEFOLD_DATA or --data.",
      { cause: error },
    );
  }
  if ((typeof code === "number" && CORRUPT.has(code)) || /MDB_(CORRUPTED|INVALID|PAGE_NOTFOUND|PANIC)/.test(message)) {
    return new FivefoldError(
      "storage-corrupt",
      `The data in '${folder}' is damaged (${message}). Nothing was changed or deleted. Restore the folder from a ` +
        "backup, or move it away and start with an empty one.",
      { cause: error },
    );
  }
  return new FivefoldError("storage-failed", `Storage in '${folder}' failed: ${message}`, { cause: error });
}
