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
    if (!path.includes("/node_modules/")) return hash("sha1", readFileSync(path));
    const { size, mtimeMs } = statSync(path);
    return `${size} ${mtimeMs}`;
  } catch {
    return "";
  }
}

/** npm, pnpm and yarn write one of these at every installation. */
const INSTALLATIONS = ["node_modules/.package-lock.json", "node_modules/.modules.yaml", "node_modules/.yarn-state.yml"];

/** The files besides modules and settings on which all that is read of a project depends. */
export function installationFiles(root: string): string[] {
  return [...INSTALLATIONS, "package.json"].map((file) => `${root}/${file}`);
}
