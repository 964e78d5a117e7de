import { existsSync, rmSync } from "node:fs";
import { open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { filing } from "../../loader/fault.ts";
import type { Output } from "../model/output.ts";
import { isMarked, MARK_WITHIN_BYTES } from "./emitted-files.ts";
import { createFile, draftOf, inTurns, makeFolder, readOwn, refuseLinks, writeDraft } from "./own-files.ts";
import { isRunning } from "./running.ts";

/** Below the root, what a build writes, its lock aside. */
export const GENERATED = "generated";

/** Whether a build writes it there: its lock is beside. */
export function isGenerated({ path }: Pick<Output, "path">): boolean {
  return path.startsWith(`${GENERATED}/`);
}

/** What stands between the disk and a compilation's outputs. Paths are relative to the project's root, sorted. */
export interface Changes {
  readonly missing: readonly Pick<Output, "path">[];
  /** Files whose content is another. */
  readonly stale: readonly Pick<Output, "path">[];
  /** Files that an earlier build wrote, and that nothing leads to any more. */
  readonly superfluous: readonly string[];
  /** How many outputs are on the disk as they should be. */
  readonly unchanged: number;
}

/** The same with what is to be written. */
export interface Difference extends Changes {
  readonly missing: readonly Output[];
  readonly stale: readonly Output[];
}

/** How many files are not as they should be. */
export function countChanges({ missing, stale, superfluous }: Changes): number {
  return missing.length + stale.length + superfluous.length;
}

/** What is to be written. */
export type Changed = Pick<Difference, "missing" | "stale">;

/** Compares outputs with the disk as they come. Of all the texts of a large project it keeps only what is to be written. */
export interface Comparison {
  add(outputs: readonly Output[]): void;
  /** Of all that came. */
  readonly paths: readonly string[];
  readonly changed: Changed;
}

/** `known` is what an earlier build of this process left there: it is not read again. */
export function createComparison(root: string, known?: ReadonlyMap<string, string>): Comparison {
  const isNew = !known && !existsSync(join(root, GENERATED));
  const folders = new Set<string>();
  const paths: string[] = [];
  const changed = { missing: [] as Output[], stale: [] as Output[] };

  function textOf(path: string): string | undefined {
    const text = known?.get(path);
    if (text !== undefined || (isNew && path.startsWith(`${GENERATED}/`))) return text;
    const folder = posix.dirname(path);
    if (!folders.has(folder)) refuseLinks(root, folder);
    folders.add(folder);
    return readOwn(root, path);
  }

  return {
    paths,
    changed,
    add(outputs) {
      for (const output of outputs) {
        const current = textOf(output.path);
        paths.push(output.path);
        if (current === undefined) changed.missing.push(output);
        else if (!isSameText(current, output.text)) changed.stale.push(output);
      }
    },
  };
}

/** What stands between the disk and all outputs, of which what changed is known. */
export function differenceOf(
  root: string,
  paths: readonly string[],
  { missing, stale }: Changed,
  known?: ReadonlyMap<string, string>,
): Promise<Difference> {
  return readingOutputs(async () => {
    const emitted = new Set(paths);
    const there = known ? known.keys() : await filesBelow(root, GENERATED);
    const others = [...there].filter((path) => !emitted.has(path));
    const ours = await inTurns(others, async (path) => known?.has(path) || isOurs(root, path));
    const superfluous = others.filter((_, i) => ours[i]).sort();
    return { missing, stale, superfluous, unchanged: paths.length - missing.length - stale.length };
  });
}

/** Compares the disk with a compilation's outputs. Changes nothing. */
export function compareOutputs(
  root: string,
  outputs: readonly Output[],
  known?: ReadonlyMap<string, string>,
): Promise<Difference> {
  return readingOutputs(async () => {
    const { add, paths, changed } = createComparison(root, known);
    add(outputs);
    return differenceOf(root, paths, changed, known);
  });
}

/** What keeps them from being read is said in words. */
export function readingOutputs<T>(work: () => Promise<T>): Promise<T> {
  return filing("The generated files can't be read", work);
}

/** Git may give a checkout lines that end in CRLF. What is emitted has none, and nothing is stale for them. */
function isSameText(found: string, text: string): boolean {
  return found === text || (found.includes("\r\n") && found.replaceAll("\r\n", "\n") === text);
}

/**
 * Makes the disk what the compilation says. A file that is there is replaced in one step, so that no reader sees half of
 * one; a new one, which nobody can be reading, is written as it is, which takes a fifth of the time.
 */
export function writeOutputs(root: string, { missing, stale, superfluous }: Difference): Promise<void> {
  return filing("The generated files can't be written (run the build again once this is fixed)", async () => {
    const folders = new Set([...missing, ...stale].map(({ path }) => posix.dirname(path)));
    for (const folder of folders) makeFolder(root, folder);
    // One after another and synchronously: for small files the file system is faster than a promise for each.
    // The lock first: that it is missing beside what a build wrote is a fault.
    const lockFirst = [...missing.filter((one) => !isGenerated(one)), ...missing.filter(isGenerated)];
    for (const { path, text } of lockFirst) createFile(root, path, text);
    // What one use case's edit changes comes before the large files that all share.
    const bySize = stale.toSorted((a, b) => a.text.length - b.text.length);
    await inTurns(bySize, ({ path, text }) => replaceSoon(root, path, text));
    for (const path of superfluous) await removeFile(root, path);
  });
}

/** The same as `replaceFile`. ext4 allocates the blocks of what takes a file's place: several can wait for that at once. */
async function replaceSoon(root: string, path: string, text: string): Promise<void> {
  const temporary = draftOf(root, path);
  try {
    writeDraft(temporary, text);
    await rename(temporary, join(root, path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Removes a file, and the folders that it leaves empty. */
async function removeFile(root: string, path: string): Promise<void> {
  await rm(join(root, path), { force: true });
  for (let folder = posix.dirname(path); folder !== GENERATED; folder = posix.dirname(folder)) {
    if ((await readdir(join(root, folder))).length > 0) return;
    await rmdir(join(root, folder));
  }
}

async function filesBelow(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true }).catch((error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  const prefix = join(root, "/");
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(prefix.length).replaceAll("\\", "/"));
}

const TEMPORARY = /\.fivefold-(\d+)\.tmp$/;

/** Whether an earlier build wrote this file. Anything else in the folder is somebody's own, and stays. */
async function isOurs(root: string, path: string): Promise<boolean> {
  const writer = TEMPORARY.exec(path)?.[1];
  if (writer) return !isRunning(Number(writer));
  const file = await open(join(root, path));
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MARK_WITHIN_BYTES), 0, MARK_WITHIN_BYTES, 0);
    return isMarked(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
