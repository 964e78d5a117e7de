import { existsSync, statSync } from "node:fs";
import { dirname, join, parse, resolve } from "node:path";
import { Fault } from "./fault.ts";

/** The folder of use cases, below a project's root. */
export const USE_CASES = "usecases";

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** `folder` and those above it, up to the file system's root. */
function upwards(folder: string): string[] {
  const folders = [resolve(folder)];
  for (let at = resolve(folder); at !== parse(at).root; at = dirname(at)) folders.push(dirname(at));
  return folders;
}

/** The project that a file belongs to: the nearest folder upwards that has `usecases/`. */
export function projectOf(file: string): string | undefined {
  return upwards(dirname(file)).find((folder) => isFolder(join(folder, USE_CASES)));
}

/** The project that a command works on: `--root`, or the nearest folder upwards that has `usecases/`. */
export function findProject(root: string | undefined): string {
  if (root !== undefined) {
    if (isFolder(join(root, USE_CASES))) return resolve(root);
    if (!isFolder(root)) throw new Fault("usage", `--root names '${root}', which is no folder.`);
    throw new Fault("usage", `--root names '${root}', which has no folder ${USE_CASES}/.${START}`);
  }
  const found = projectOf(join(process.cwd(), "-"));
  if (found) return found;
  throw new Fault("usage", `No folder ${USE_CASES}/ in ${process.cwd()} or above it.${START}`);
}

const START = " Run `fivefold new <name>` where the project should be, or name its folder with --root.";

/**
 * Where `new` works: in the project that is there, or in the nearest package, or here. Nothing above the repository's
 * root is looked at: what lies there is another project.
 */
export function findOrStartProject(root: string | undefined): string {
  if (root !== undefined) {
    if (existsSync(root) && !isFolder(root)) throw new Fault("usage", `--root names '${root}', which is no folder.`);
    return resolve(root);
  }
  const all = upwards(process.cwd());
  const repository = all.findIndex((folder) => existsSync(join(folder, ".git")));
  const candidates = repository < 0 ? all : all.slice(0, repository + 1);
  return (
    candidates.find((folder) => isFolder(join(folder, USE_CASES))) ??
    candidates.find((folder) => existsSync(join(folder, "package.json"))) ??
    resolve(process.cwd())
  );
}
