import { type FSWatcher, readdirSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Fault } from "./fault.ts";

/** How long files must rest before a change counts: an editor's save is several events. */
const QUIET_MS = 10;

export interface Changes {
  /** Resolves with true once files changed since the last call, and rest; with false once it is closed. */
  next(): Promise<boolean>;
  close(): void;
}

/**
 * Watches a folder and all below it. What changes while nobody waits is there at the next call.
 *
 * Each folder is watched by itself, since Node's recursive watching on Linux loses files that an editor saves by
 * replacing them.
 */
export function watchFolder(root: string): Changes {
  let watchers: FSWatcher[] = [];
  let changed = false;
  let closed = false;
  let failure: Fault | undefined;
  let quiet: NodeJS.Timeout | undefined;
  let wake = () => {};

  function notice(): void {
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      attempt(watchAll);
      changed = true;
      wake();
    }, QUIET_MS);
  }

  function attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      fail(error as NodeJS.ErrnoException);
    }
  }

  function fail(error: NodeJS.ErrnoException): void {
    failure = watchFault(root, error);
    wake();
  }

  function open(folder: string, concerns: (name: string) => boolean): FSWatcher {
    const watcher = watch(folder, (_event, name) => {
      if (!closed && (name === null || concerns(name))) notice();
    });
    // Windows tells so of a folder's removal; its parent's watcher hears of it too.
    watcher.on("error", (error: NodeJS.ErrnoException) => error.code === "EPERM" || fail(error));
    return watcher;
  }

  /** A folder that is removed while this looks is no fault: its parent's watcher tells of it. */
  function openIfThere(folder: string): FSWatcher[] {
    try {
      return [open(folder, isSource)];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  /** Watches all folders that there are now. A folder that was made again is another, so none is taken as known. */
  function watchAll(): void {
    const old = watchers;
    // The root itself may be removed and come again, as when a branch without it is checked out.
    watchers = [open(dirname(root), (name) => name === basename(root))];
    try {
      for (const folder of foldersBelow(root)) watchers.push(...openIfThere(folder));
    } finally {
      // Only now, so that nothing is missed in between.
      for (const watcher of old) watcher.close();
    }
  }

  attempt(watchAll);
  if (failure) throw failure;

  return {
    async next() {
      while (!changed && !closed && !failure) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failure) throw failure;
      changed = false;
      return !closed;
    },
    close() {
      closed = true;
      clearTimeout(quiet);
      for (const watcher of watchers) watcher.close();
      wake();
    },
  };
}

/** `root` and all folders below it; none if it is gone. */
function foldersBelow(root: string): string[] {
  const entries = readFolder(root);
  const below = entries?.filter((entry) => entry.isDirectory()).flatMap(({ name }) => foldersBelow(join(root, name)));
  return below ? [root, ...below] : [];
}

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Modules, data that they may import, and folders; not what editors leave while they write. */
function isSource(name: string): boolean {
  return /^[^.~#][^~#]*\.([cm]?[jt]s|json)$/.test(name) || /^[^.~#]+$/.test(name);
}

function watchFault(folder: string, error: NodeJS.ErrnoException): Fault {
  const cause =
    error.code === "ENOSPC" || error.code === "EMFILE"
      ? "the system's limit of watched files is used up (on Linux: sysctl fs.inotify.max_user_watches)"
      : error.message;
  return new Fault("environment", `${folder} can't be watched: ${cause}.`, { cause: error });
}
