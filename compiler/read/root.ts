import { resolve } from "node:path";

/** A project's root as paths are put together with it: absolute, with forward slashes. */
export function absoluteRoot(root: string): string {
  return resolve(root).replaceAll("\\", "/");
}
