import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { createFilesMatcher, createPathsMatcher, parseTsconfig, type TsConfigResult } from "get-tsconfig";

/** A tsconfig.json with all that it extends. */
export type Tsconfig = TsConfigResult;

/** What a folder's modules are compiled by. */
export interface Settings {
  readonly tsconfig: Tsconfig | undefined;
  /** Where `paths` and `baseUrl` say that a module may be, best first; none where they say nothing of it. */
  readonly aliases: (specifier: string) => readonly string[];
}

export const TSCONFIG = "tsconfig.json";
/** The content of a tsconfig.json that stands for none: of a staged package whose modules had none. */
export const WITHOUT_TSCONFIG = { fivefold: "none" };
const NONE: Settings = { tsconfig: undefined, aliases: () => [] };

/** How modules are compiled, by the tsconfig.json that `tsc` would read for each. Files are read once. */
export interface SettingsFinder {
  /** Of a file, by its absolute path. Throws where a tsconfig.json can't be read. */
  of(file: string): Settings;
  /** All that are looked at for that file: the nearest tsconfig.json, and those that it refers to. */
  candidates(file: string): readonly Tsconfig[];
}

export function createSettingsFinder(): SettingsFinder {
  const byFolder = new Map<string, readonly Candidate[]>();
  const parsed = new Map<string, string>();

  function candidatesOf(folder: string): readonly Candidate[] {
    let known = byFolder.get(folder);
    if (!known) {
      const path = join(folder, TSCONFIG);
      const parent = dirname(folder);
      known = isFile(path) ? readCandidates(path, parsed) : parent === folder ? [] : candidatesOf(parent);
      byFolder.set(folder, known);
    }
    return known;
  }

  return {
    of(file) {
      const candidates = candidatesOf(dirname(file));
      const including = candidates.length > 1 ? candidates.find(({ includes }) => includes(file)) : undefined;
      return (including ?? candidates[0])?.settings ?? NONE;
    },
    candidates: (file) => candidatesOf(dirname(file)).map(({ tsconfig }) => tsconfig),
  };
}

interface Candidate {
  readonly tsconfig: Tsconfig;
  readonly settings: Settings;
  readonly includes: (file: string) => boolean;
}

/** A tsconfig.json, and those that it refers to: a file is compiled by the first that includes it. */
function readCandidates(path: string, parsed: Map<string, string>, seen = new Set<string>()): Candidate[] {
  if (seen.has(path)) return [];
  seen.add(path);
  const tsconfig: Tsconfig = { path: path.replaceAll("\\", "/"), config: parseTsconfig(path, parsed) };
  if ("fivefold" in tsconfig.config) return [{ tsconfig, settings: NONE, includes: () => true }];
  const matches = createFilesMatcher(tsconfig);
  const aliases = createPathsMatcher(tsconfig) ?? (() => []);
  const own = { tsconfig, settings: { tsconfig, aliases }, includes: (file: string) => !!matches(file) };
  const referenced = (tsconfig.config.references ?? []).flatMap((reference) => {
    const target = join(dirname(path), reference.path);
    const file = target.endsWith(".json") ? target : join(target, TSCONFIG);
    // References to what was not checked out are for `tsc -b` to complain of.
    return isFile(file) ? readCandidates(file, parsed, seen) : [];
  });
  return [own, ...referenced];
}

/** Its `paths` with absolute targets, whichever config they come from. */
export function absolutePaths(tsconfig: Tsconfig): Record<string, string[]> {
  const matches = createPathsMatcher(tsconfig);
  const targets = Object.entries(tsconfig.config.compilerOptions?.paths ?? {}).map(([pattern, { length }]) => {
    // `baseUrl` may add another place, behind those that are named.
    const found = matches?.(pattern.replace("*", STAR)).slice(0, length) ?? [];
    return [pattern, found.map((path) => path.replace(STAR, "*"))] as const;
  });
  return Object.fromEntries(targets);
}

/** What no path has in it. */
const STAR = "fivefold~star";

/**
 * The tsconfig.json that holds for a project's use cases: the root's own or, where that only refers to others, as those of
 * Vite's starters do, the one that includes `folder`. `undefined`: the root has none.
 */
export function tsconfigFor(root: string, folder: string): string | undefined {
  const path = join(root, TSCONFIG);
  if (!isFile(path)) return undefined;
  try {
    // A name that nothing else has: what matters is whether such a file would be included.
    const file = join(root, folder, "use-case.ts");
    const candidates = readCandidates(path, new Map());
    const including = candidates.find(({ includes }) => includes(file));
    return (including ?? candidates[0])?.settings.tsconfig?.path ?? path;
  } catch {
    // What the matter is with it, whoever reads it will say.
    return path;
  }
}

/** Whether a package's files are ES modules where their names don't tell. `undefined`: it doesn't say. */
export function packageType(folder: string): "module" | "commonjs" | undefined {
  const { type } = packageJsonOf(folder) ?? {};
  return type === "module" || type === "commonjs" ? type : undefined;
}

interface PackageJson {
  readonly type?: unknown;
  readonly name?: unknown;
}

/** Of the package that a folder belongs to. */
export function packageJsonOf(folder: string): PackageJson | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, "package.json");
    if (isFile(path)) return readJson(path);
    if (at === dirname(at)) return undefined;
  }
}

function readJson(path: string): PackageJson {
  try {
    return JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, "")) as PackageJson;
  } catch {
    return {};
  }
}

/** What is something else, such as a pipe, might never end. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
