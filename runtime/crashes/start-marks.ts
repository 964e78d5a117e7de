import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Clock } from "../contract/clock.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { CrashCount } from "./crash-store.ts";
import { askPresence, showPresence } from "./presence.ts";

/** A file that has grown so large is written anew, with what still runs. */
const LARGEST_BYTES = 1024 * 1024;

/** What a process was running when it ended. */
export interface Left {
  readonly counts: readonly CrashCount[];
  /** To be called once they are stored elsewhere. */
  forget(): void;
}

export type StartMarks = Awaited<ReturnType<typeof openStartMarks>>;

/**
 * What this process runs, in a file that its death leaves behind: a line for each start and each end, which the kernel
 * keeps, unsynced. Another process of the same folder reads it then: one of the same machine, or the next one of the same pod.
 * Throws where the folder is not this user's alone.
 */
export async function openStartMarks(folder: string, clock: Clock) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  requireOwn(folder);
  const presences = join(folder, "running");
  const name = `${process.pid}-${clock.randomId(10)}`;
  const hide = await showPresence(presences, name);
  const path = join(folder, name);
  let file: number | undefined = openSync(path, "a", 0o600);
  let written = 0;
  let isEnding = false;
  /** Lines of what runs. */
  const running = new Set<string>();

  function write(text: string): void {
    if (file === undefined) return;
    try {
      writeSync(file, text);
      written += text.length;
      if (written > LARGEST_BYTES) writeAnew();
    } catch {
      // A full disk, say. What is not there is taken for innocent.
      closeSync(file);
      file = undefined;
      rmSync(path, { force: true });
    }
  }

  function writeAnew(): void {
    const next = openSync(`${path}.next`, "w", 0o600);
    const text = [...running].map((line) => `+${line}\n`).join("");
    writeSync(next, text);
    renameSync(`${path}.next`, path);
    closeSync(file!);
    file = next;
    written = Math.min(text.length, LARGEST_BYTES / 2);
  }

  function end(lines: readonly string[]): void {
    const ended = lines.filter((line) => running.delete(line));
    if (ended.length > 0) write(ended.map((line) => `-${line}\n`).join(""));
  }

  return {
    /** To be called before handlers are. */
    start(counts: readonly CrashCount[]): void {
      const lines = counts.map(lineOf);
      for (const line of lines) running.add(line);
      write(lines.map((line) => `+${line}\n`).join(""));
    },
    end: (counts: readonly CrashCount[]): void => end(counts.map(lineOf)),

    /** To be called as the process ends, once or for several parts of what runs: nothing else may be what ends it. */
    endNow(suspects: readonly CrashCount[]): void {
      if (!isEnding) running.clear();
      isEnding = true;
      for (const suspect of suspects) running.add(lineOf(suspect));
      try {
        if (file !== undefined) writeAnew();
      } catch {
        // The former file stays, which names all that ran.
      }
    },

    /** What processes that have ended left behind. */
    async left(): Promise<Left[]> {
      const found: Left[] = [];
      for (const other of readdirSync(folder)) {
        if (other === name || !/^\d+-[0-9a-z]+$/.test(other)) continue;
        if ((await askPresence(presences, other)) !== "ended") continue;
        const counts = read(join(folder, other));
        found.push({
          counts,
          forget() {
            rmSync(join(folder, other), { force: true });
            rmSync(join(presences, other), { force: true });
          },
        });
      }
      return found;
    },

    close(): void {
      if (file !== undefined) closeSync(file);
      file = undefined;
      rmSync(path, { force: true });
      hide();
    },
  };
}

/** Others' files there would be read as this process's own. */
function requireOwn(folder: string): void {
  const { uid, mode } = lstatSync(folder);
  const isOwn = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
  if (isOwn && lstatSync(folder).isDirectory()) return;
  throw new FivefoldError(
    "storage-unwritable",
    `The folder ${folder} belongs to another user, or others may write to it.`,
  );
}

const lineOf = ({ topic, subscription, id, crashes }: CrashCount) => JSON.stringify([topic, subscription, id, crashes]);

function read(path: string): CrashCount[] {
  const running = new Set<string>();
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch {
    // Another one was faster.
  }
  // A last line that was cut off has no end.
  for (const line of text.split("\n").slice(0, -1)) {
    if (line.startsWith("+")) running.add(line.slice(1));
    else running.delete(line.slice(1));
  }
  return [...running].flatMap((line) => {
    try {
      const [topic, subscription, id, crashes] = JSON.parse(line) as [string, string, string, number];
      return [{ topic, subscription, id, crashes }];
    } catch {
      return [];
    }
  });
}
