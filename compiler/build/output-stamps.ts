import { lstatSync } from "node:fs";
import { posix } from "node:path";

/** Those files, and the folders that they are in. */
export function withFolders(files: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const file of files) {
    for (let folder = posix.dirname(file); folder !== "." && !folders.has(folder); folder = posix.dirname(folder)) {
      folders.add(folder);
    }
  }
  return [...folders, ...files];
}

/**
 * Their states: sizes and times, for generated files are many, and nobody but a build should change one. A folder's time
 * tells of files that came or went.
 */
export function outputStamps(root: string, paths: readonly string[]): string[] {
  return paths.map((path) => {
    const stats = lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
    return stats ? `${stats.isFile() ? stats.size : "folder"} ${stats.mtimeMs}` : "";
  });
}
