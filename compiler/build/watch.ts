import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Fault } from "../../loader/fault.ts";

/** How long files must rest before a change counts: an editor's save is several events. */
const QUIET_MS = 10;

/** What is watched besides the sources. */
export interface Followed {
  /** Files, by absolute path. What is not there may come. */
  readonly files: readonly string[];
  /** Whether any source beside those files counts: one that could not be found may come there. */
  readonly beside: boolean;
  /** Folders of which all files count. */
  readonly folders: readonly string[];
}

export interface Changes {
  /**
   * Resolves with the paths that changed since the last call, once files rest; with `undefined` once it is closed. What a
   * path is now, and whether it really is another, is for the caller to see.
   */
  next(): Promise<ReadonlySet<string> | undefined>;
  /** From now on, these are watched too, and what was given before is no more. */
  follow(followed: Followed): void;
  close(): void;
}

/**
 * Watches a folder of sources and all below it. What changes while nobody waits is there at the next call.
 *
 * Each folder is watched by itself: Node's recursive watching on Linux loses files that an editor saves by replacing
 * them, chokidar 5 passes over files that were replaced by others of the same time, and @parcel/watcher holds events back
 * for 50 ms, as long as a build may take.
 */
export function watchFolder(root: string): Changes {
  const watchers = new Map<string, Watched>();
  let concerns = createConcerns(root, { files: [], beside: false, folders: [] });
  let changed = new Set<string>();
  let closed = false;
  let isResting = true;
  let failure: Fault | undefined;
  let quiet: NodeJS.Timeout | undefined;
  let wake = () => {};

  function notice(path: string): void {
    changed.add(path);
    isResting = false;
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      // Before whoever waits reads the sources, so that no file is missed in a folder that is new.
      if ([...changed].some((path) => isBelow(root, path))) attempt(watchSources);
      isResting = true;
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

  function open(folder: string): FSWatcher {
    const watcher = watch(folder, (_event, name) => {
      const path = name === null ? folder : join(folder, name);
      if (!closed && concerns.has(folder, path)) notice(path);
    });
    // Windows tells so of a folder's removal; its parent's watcher hears of it too.
    watcher.on("error", (error: NodeJS.ErrnoException) => error.code === "EPERM" || fail(error));
    return watcher;
  }

  /** Sooner done than all: an edit waits for it. */
  function watchSources(): void {
    watchEach(foldersBelow(root));
  }

  /** A folder that is not there is waited for by the nearest that is. */
  function watchAll(): void {
    const wanted = new Set([...foldersBelow(root), ...concerns.folders].map(nearest));
    watchEach(wanted);
    for (const [folder, { watcher }] of watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
  }

  /** A folder that was made again is another one. */
  function watchEach(folders: Iterable<string>): void {
    for (const folder of folders) {
      const identity = identityOf(folder);
      const known = watchers.get(folder);
      if (identity === undefined || known?.identity === identity) continue;
      try {
        watchers.set(folder, { identity, watcher: open(folder) });
        known?.watcher.close();
      } catch (error) {
        // A folder that is removed while this looks is no fault: its parent's watcher tells of it.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
  }

  if (identityOf(dirname(root)) === undefined) throw watchFault(root, new Error("there is no such folder"));
  attempt(watchAll);
  if (failure) throw failure;

  return {
    async next() {
      while (!(changed.size > 0 && isResting) && !closed && !failure) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failure) throw failure;
      if (closed) return undefined;
      const found = changed;
      changed = new Set();
      return found;
    },
    follow(followed) {
      if (closed) return;
      concerns = createConcerns(root, followed);
      attempt(watchAll);
    },
    close() {
      closed = true;
      clearTimeout(quiet);
      for (const { watcher } of watchers.values()) watcher.close();
      wake();
    },
  };
}

interface Watched {
  readonly watcher: FSWatcher;
  /** Tells a folder from another one that took its place. */
  readonly identity: string;
}

interface Concerns {
  /** Whether a path counts that a folder's watcher tells of. */
  has(folder: string, path: string): boolean;
  /** The folders to watch besides the sources'. */
  readonly folders: readonly string[];
}

function createConcerns(root: string, { files, beside, folders }: Followed): Concerns {
  const known = new Set(files);
  const parents = new Set(files.map((file) => dirname(file)));
  const whole = new Set(folders);
  const awaited = [root, ...parents, ...folders];
  return {
    // The root itself may be removed and come again, as when a branch without it is checked out.
    folders: [dirname(root), ...parents, ...folders],
    has(folder, path) {
      const name = basename(path);
      if (isBelow(root, folder)) return path === folder || isSource(name);
      if (known.has(path) || (whole.has(folder) && !TEMPORARY.test(name))) return true;
      if (beside && parents.has(folder) && /\.([cm]?[jt]sx?|json)$/.test(name) && isSource(name)) return true;
      return awaited.some((one) => isBelow(path, one));
    },
  };
}

/** What a build writes before it takes a file's place. */
const TEMPORARY = /\.tmp$/;

function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(join(folder, "/"));
}

/** The folder itself, or the nearest above it that is there. */
function nearest(folder: string): string {
  for (let at = folder; ; at = dirname(at)) if (identityOf(at) !== undefined || at === dirname(at)) return at;
}

function identityOf(folder: string): string | undefined {
  const stats = statSync(folder, { throwIfNoEntry: false });
  return stats?.isDirectory() ? `${stats.ino} ${stats.birthtimeMs}` : undefined;
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
  return /^[^.~#][^~#]*\.([cm]?[jt]sx?|json)$/.test(name) || /^[^.~#]+$/.test(name);
}

function watchFault(folder: string, error: NodeJS.ErrnoException): Fault {
  const cause =
    error.code === "ENOSPC" || error.code === "EMFILE"
      ? "the system's limit of watched files is used up (on Linux: sysctl fs.inotify.max_user_watches)"
      : error.message;
  return new Fault("environment", `${folder} can't be watched: ${cause}.`, { cause: error });
}
