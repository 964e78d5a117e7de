import { hash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";

/**
 * A file's state: its content's hash, or in a package, whose files are many and change with an installation only, its
 * size and time. A file that isn't there has a state too.
 */
export function stampOf(path: string, unsaved?: ReadonlyMap<string, string>): string {
  const text = unsaved?.get(path);
  if (text !== undefined) return hash("sha1", text);
  try {
    if (!path.includes("/node_modules/")) return contentHash(path);
    const { size, mtimeMs } = statSync(path);
    return `${size} ${mtimeMs}`;
  } catch {
    return "";
  }
}

/** Hashes of files that this process read, and the times and so on that they had then. */
const known = new Map<string, { readonly state: string; readonly hash: string }>();

/** A file that changed less than this before it was read may change again, and show the same time. */
const SETTLED_MS = 2_000;

function contentHash(path: string): string {
  const { ino, size, mtimeMs, ctimeMs } = statSync(path);
  const state = `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  const before = known.get(path);
  if (before?.state === state) return before.hash;
  const isSettled = Date.now() - Math.max(mtimeMs, ctimeMs) > SETTLED_MS;
  const now = hash("sha1", readFileSync(path));
  if (isSettled) known.set(path, { state, hash: now });
  return now;
}

/** npm, pnpm and yarn write one of these at every installation. */
const INSTALLATIONS = ["node_modules/.package-lock.json", "node_modules/.modules.yaml", "node_modules/.yarn-state.yml"];

/** The files besides modules and settings on which all that is read of a project depends. */
export function installationFiles(root: string): string[] {
  return [...INSTALLATIONS, "package.json"].map((file) => `${root}/${file}`);
}
