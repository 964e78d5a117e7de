/** How a command ends. `input`: what the user wrote has errors, or is stale. `environment`: something else is broken. */
export const EXIT = { ok: 0, input: 1, usage: 2, environment: 3 } as const;

/** Ends a command with one message and no stack trace. `message` says what was found, the rule, and how to fix it. */
export class Fault extends Error {
  readonly exitCode: number;

  constructor(kind: "input" | "usage" | "environment", message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = EXIT[kind];
  }
}

/** A file system's error in words: `EACCES` alone helps nobody. */
const FILE_FAULTS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EISDIR: "a folder stands where a file should be",
  ENOTDIR: "a file stands where a folder should be",
  EMFILE: "too many files are open",
  ENOENT: "no such file or folder",
};

/** Runs file work and turns what the file system refuses into a Fault that says what was tried. */
export async function filing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (!code || !FILE_FAULTS[code]) throw error;
    throw new Fault("environment", `${what}: ${FILE_FAULTS[code]}${path ? ` (${path})` : ""}.`, { cause: error });
  }
}
