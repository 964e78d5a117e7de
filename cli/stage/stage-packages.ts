import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** A folder to copy without what is in its `node_modules`. */
export interface PackageCopy {
  readonly name: string;
  /** Where it is: no link. */
  readonly from: string;
  /** Where it goes, relative to the staged folder. */
  readonly to: string;
  /** A link to make beside: Node strips no types below `node_modules`, so that sources of a workspace stay outside. */
  readonly link?: string;
}

/** A package that somebody needs and that is not installed. */
export interface MissingPackage {
  readonly name: string;
  /** The folder of who needs it. */
  readonly neededBy: string;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

interface Wanted {
  readonly name: string;
  readonly optional: boolean;
}

/** Who needs packages: its folder, where it is staged, and which. */
interface Needer {
  readonly folder: string;
  readonly staged: string;
  readonly needs: readonly Wanted[];
}

/**
 * Lays out packages, and all that they depend on, so that each finds the versions that it finds where it is installed.
 * `needsOf` may say what a package needs in place of its package.json.
 */
export function layOutPackages(
  root: string,
  names: readonly string[],
  needsOf: Readonly<Record<string, readonly string[]>> = {},
): { readonly copies: readonly PackageCopy[]; readonly missing: readonly MissingPackage[] } {
  /** By their path in the staged folder. */
  const placed = new Map<string, PackageCopy>();
  const missing: MissingPackage[] = [];
  // One needer after another, each with all of its packages: what is placed later shadows nothing that was found.
  const needers: Needer[] = [{ folder: root, staged: "", needs: names.map((name) => ({ name, optional: false })) }];
  for (const { folder, staged, needs } of needers) {
    for (const { name, optional } of needs) {
      const from = installed(name, folder);
      if (from === undefined) {
        if (!optional) missing.push({ name, neededBy: folder });
        continue;
      }
      const found = upwards(staged)
        .map((at) => placed.get(join(at, "node_modules", name)))
        .find((copy) => !!copy);
      if (found?.from === from) continue;
      const at = join(found ? staged : "", "node_modules", name);
      const copy = copyOf(name, from, at);
      placed.set(at, copy);
      needers.push({ folder: from, staged: copy.to, needs: needsOfPackage(from, needsOf[name]) });
    }
  }
  return { copies: [...placed.values()], missing };
}

function copyOf(name: string, from: string, at: string): PackageCopy {
  if (from.includes("/node_modules/")) return { name, from, to: at };
  return { name, from, to: join("linked", at.replaceAll("node_modules/", "")), link: at };
}

function needsOfPackage(folder: string, given: readonly string[] | undefined): Wanted[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = manifestOf(folder);
  const optional = Object.keys({ ...optionalDependencies, ...peerDependencies });
  if (given) return given.map((name) => ({ name, optional: optional.includes(name) }));
  // npm lists optional packages among the others as well.
  const needed = Object.keys(dependencies).filter((name) => !optional.includes(name));
  return [...needed.map((name) => ({ name, optional: false })), ...optional.map((name) => ({ name, optional: true }))];
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** The folder that Node would find a package in, from modules of that folder. */
function installed(name: string, from: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, "node_modules", name);
    if (existsSync(join(folder, "package.json"))) return realpathSync(folder);
    if (at === dirname(at)) return undefined;
  }
}

/** A relative folder and those above it, up to the staged folder itself, which is `""`. */
function upwards(folder: string): string[] {
  const folders = [folder];
  for (let at = folder; at !== ""; ) {
    at = dirname(at) === "." ? "" : dirname(at);
    folders.push(at);
  }
  return folders;
}

/** `path` from `root`, with forward slashes; `undefined` if it is outside. */
export function within(root: string, path: string): string | undefined {
  const from = relative(root, path);
  return from === ".." || from.startsWith("../") ? undefined : from;
}
