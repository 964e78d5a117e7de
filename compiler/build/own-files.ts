import { constants, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import { Fault } from "../../loader/fault.ts";
import { linkTo } from "../read/links.ts";

/*
 * Files of a project, by their paths relative to its root. Neither they nor the folders that they are in are links: what
 * a command reads and writes is the project's own.
 */

/** Files that are open at once: a process may have as few as 256. */
const AT_ONCE = 64;

/** Does the same for all of them, some at a time, each of which may have a file open. Rejects once what began has ended. */
export async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const takeTurns = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i]!);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, items.length) }, takeTurns));
  for (const turn of ended) if (turn.status === "rejected") throw turn.reason;
  return results;
}

/** Throws a Fault where a link is on the way to a path. */
export function refuseLinks(root: string, path: string): void {
  const link = linkTo(root, path);
  if (!link) return;
  throw new Fault(
    "input",
    `${link.path} is a link to '${link.target}', and nothing is read or written through a link: what it leads to may be no ` +
      "part of the project. Remove it, or put the file or folder itself there.",
  );
}

/** Makes a folder, and those above it, where they are not there yet. */
export function makeFolder(root: string, folder: string): void {
  mkdirSync(root, { recursive: true });
  let at = root;
  for (const name of folder === "." ? [] : folder.split("/")) {
    at = `${at}/${name}`;
    if (lstatSync(at, { throwIfNoEntry: false })?.isDirectory()) continue;
    refuseLinks(root, at.slice(root.length + 1));
    mkdirSync(at, { recursive: true });
  }
}

/**
 * `undefined`: there is no such file. Of a link, `""`: whatever it leads to is not what should be there. Synchronously: for
 * small files the file system is faster than a promise for each.
 */
export function readOwn(root: string, path: string): string | undefined {
  try {
    return readFileSync(`${root}/${path}`, { encoding: "utf8", flag: READ_ONLY });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP") return "";
    throw error;
  }
}

/** Neither through a link, nor waiting for somebody to write to a pipe. Windows has none of these flags. */
const READ_ONLY = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Writes a file that is not there: sooner than to replace one, and where one has come meanwhile, that is what it does. */
export function createFile(root: string, path: string, text: string): void {
  try {
    writeFileSync(`${root}/${path}`, text, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    replaceFile(root, path, text);
  }
}

/** Writes a file as a whole or not at all, whenever it is interrupted; a link gives way to the file. */
export function replaceFile(root: string, path: string, text: string): void {
  const temporary = draftOf(root, path);
  try {
    writeDraft(temporary, text);
    renameSync(temporary, `${root}/${path}`);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Where a file's next text is written before it takes the file's place. */
export function draftOf(root: string, path: string): string {
  refuseLinks(root, posix.dirname(path));
  return `${root}/${path}.fivefold-${process.pid}.tmp`;
}

/** A process of the same number may have left one, or somebody may have put a link there. */
export function writeDraft(path: string, text: string): void {
  rmSync(path, { force: true });
  writeFileSync(path, text, { flag: "wx" });
}
