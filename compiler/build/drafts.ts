import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { Output } from "../model/output.ts";
import { linkTo } from "../read/links.ts";
import { GENERATED } from "./outputs.ts";
import { makeFolder } from "./own-files.ts";
import { isRunning } from "./running.ts";

/*
 * A project's first build writes its files before it is known whether all is well, to a folder that then takes its place
 * in one step: it takes a core as long as to emit them, and one is idle while modules are read.
 */

/** Below the root; the name ends in the number of the process that writes there. */
const PARENT = ".fivefold";
const NAME = /^drafts-(\d+)$/;

export interface Drafts {
  /** Writes files of `generated/`, in place of what was written by their names. False: not all could be written. */
  write(outputs: readonly Output[]): boolean;
  /**
   * Puts the folder where it belongs, if what was written is just these files, `others` aside, which another thread's
   * drafts of the same project have written. False: it could not be done, and nothing has changed.
   */
  publish(files: readonly string[], others?: readonly string[]): boolean;
}

export function createDrafts(root: string): Drafts {
  const folder = `${PARENT}/drafts-${process.pid}`;
  const written = new Set<string>();
  const folders = new Set<string>();
  let failed = false;

  function attempt(work: () => void): boolean {
    if (failed) return false;
    try {
      work();
    } catch {
      // What the matter is, the writing of the files themselves will say.
      failed = true;
    }
    return !failed;
  }

  function writeOne({ path, text }: Output): void {
    const parent = posix.dirname(path);
    if (!folders.has(parent)) makeFolder(root, `${folder}/${parent}`);
    folders.add(parent);
    writeFileSync(`${root}/${folder}/${path}`, text);
    written.add(path);
  }

  return {
    write: (outputs) => attempt(() => outputs.forEach(writeOne)),
    publish(files, others = []) {
      const isWhole = files.length === written.size && files.every((path) => written.has(path));
      if (!isWhole || others.some((path) => written.has(path))) return false;
      // Fails where somebody made such a folder in the meantime, unless it is empty.
      return attempt(() => renameSync(join(root, folder, GENERATED), join(root, GENERATED)));
    },
  };
}

/** Removes what this process, or one that was killed, left. */
export function removeDrafts(root: string): void {
  if (linkTo(root, PARENT)) return;
  for (const name of namesIn(join(root, PARENT))) {
    const writer = Number(NAME.exec(name)?.[1] ?? Number.NaN);
    if (writer === process.pid || (writer > 0 && !isRunning(writer))) {
      rmSync(join(root, PARENT, name), { recursive: true, force: true });
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
