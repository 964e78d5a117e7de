import { type FSWatcher, watch } from "node:fs";
import { Fault } from "./fault.ts";

/** How long files must rest before a change counts: an editor's save is several events. */
const QUIET_MS = 100;

export interface Changes {
  /** Resolves with true once files changed since the last call, and rest; with false once it is closed. */
  next(): Promise<boolean>;
  close(): void;
}

/** Watches a folder and all below it. What changes while nobody waits is there at the next call. */
export function watchFolder(folder: string): Changes {
  let changed = false;
  let closed = false;
  let failure: Fault | undefined;
  let quiet: NodeJS.Timeout | undefined;
  let wake = () => {};

  const settle = () => {
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      changed = true;
      wake();
    }, QUIET_MS);
  };
  const fail = (error: Error) => {
    failure = watchFault(folder, error as NodeJS.ErrnoException);
    wake();
  };
  let watcher: FSWatcher;
  try {
    watcher = watch(folder, { recursive: true }, (_event, name) => {
      if (name === null || concerns(name)) settle();
    });
  } catch (error) {
    throw watchFault(folder, error as NodeJS.ErrnoException);
  }
  watcher.on("error", fail);

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
      watcher.close();
      wake();
    },
  };
}

/** Modules, data that they may import, and folders; not what editors leave while they write. */
function concerns(name: string): boolean {
  const last = name.split(/[\\/]/).at(-1) ?? "";
  return /^[^.~#][^~#]*\.([cm]?[jt]s|json)$/.test(last) || /^[^.~#]+$/.test(last);
}

function watchFault(folder: string, error: NodeJS.ErrnoException): Fault {
  const cause =
    error.code === "ENOSPC" || error.code === "EMFILE"
      ? "the system's limit of watched files is used up (on Linux: sysctl fs.inotify.max_user_watches)"
      : error.message;
  return new Fault("environment", `${folder} can't be watched: ${cause}.`, { cause: error });
}
