import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { extname } from "node:path";

/*
 * A link in a project may lead anywhere: to read what it points to would print it in error messages, and to write there
 * would change what is no part of the project. So none is followed, but those of a package manager in node_modules.
 */

/** A link on the way from a folder to what lies below it. */
export interface Link {
  /** Relative to that folder, with forward slashes. */
  readonly path: string;
  /** As the link itself says it. */
  readonly target: string;
}

/** The first link on the way from `root`, which may be one itself, to `path` below it. What isn't there is none. */
export function linkTo(root: string, path: string): Link | undefined {
  let at = "";
  for (const name of path.split("/")) {
    at = at === "" ? name : `${at}/${name}`;
    try {
      const stats = lstatSync(`${root}/${at}`, { throwIfNoEntry: false });
      if (stats?.isSymbolicLink()) return { path: at, target: readlinkSync(`${root}/${at}`) };
      if (!stats) return undefined;
    } catch {
      // Who reads or writes there is told why it can't be done.
      return undefined;
    }
  }
  return undefined;
}

/** What a module or a file of settings is called. */
const SOURCE = new Set([".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"]);

/**
 * The link that keeps a file that a module imports, or that settings extend, from being read. A package's own files may
 * be linked, as workspaces do it, and so may those of the project to another one of its sources.
 */
export function strayLink(root: string, file: string): Link | undefined {
  const real = realPath(file);
  if (real === undefined || real === file) return isSource(file) ? undefined : { path: file, target: file };
  const path = file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
  const isWithin = path === file || path.includes("node_modules/") || real.startsWith(`${realPath(root)}/`);
  return isWithin && isSource(real) ? undefined : { path, target: real };
}

function isSource(path: string): boolean {
  return SOURCE.has(extname(path).toLowerCase());
}

/** `undefined`: there is no such file, or nobody may look. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path).replaceAll("\\", "/");
  } catch {
    return undefined;
  }
}
