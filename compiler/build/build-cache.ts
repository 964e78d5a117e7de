import { hash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { USE_CASES } from "../../loader/project.ts";
import { findSources } from "../read/find-files.ts";
import { stampOf } from "../read/stamp.ts";
import type { Analysis, CompileMemory } from "./compile.ts";
import { outputStamps, withFolders } from "./output-stamps.ts";
import { makeFolder, refuseLinks, replaceFile } from "./own-files.ts";

/*
 * What builds leave for later ones, below `.fivefold/cache`. It may be deleted at any time, and what can't be read or
 * written there is done without.
 *
 * - `build.json`: the states of all files that the last build followed from and led to. While they are the same, there
 *   is nothing to do, and the compiler need not even be loaded.
 * - `reading.json`: what was read of each module.
 */

const CACHE = ".fivefold/cache";

/** The last build that found no fault. */
export interface LastBuild {
  readonly origin: string;
  readonly useCases: readonly string[];
  /** The files that it led to, by path relative to the root. */
  readonly files: readonly string[];
  readonly modules: readonly string[];
  /** States by absolute path. */
  readonly inputs: Readonly<Record<string, string>>;
  /** States of those files, and of the folders that they are in. */
  readonly outputs: readonly string[];
}

/** The last build, if another one would find all as it left it. */
export function findUnchangedBuild(root: string): LastBuild | undefined {
  const last = readJson<LastBuild>(root, "build.json");
  if (!last || last.origin !== originStamp(root)) return undefined;
  const { files, diagnostics } = findSources(root, USE_CASES);
  const unchanged =
    diagnostics.length === 0 &&
    isEqual(files, last.modules) &&
    Object.entries(last.inputs).every(([path, stamp]) => stampOf(path) === stamp) &&
    isEqual(outputStamps(root, withFolders(last.files)), last.outputs);
  return unchanged ? last : undefined;
}

/** What a build follows from. */
export type BuildOrigin = Omit<LastBuild, "files" | "outputs">;

export function originOf(root: string, { useCases, inputs }: Analysis, { reading }: CompileMemory): BuildOrigin {
  return {
    origin: originStamp(root),
    useCases: useCases.map(({ name }) => name),
    modules: findSources(root, USE_CASES).files,
    // Of what was read, not of what the disk may hold by now.
    inputs: Object.fromEntries(inputs.map((path) => [path, reading.stamps.get(path) ?? stampOf(path)])),
  };
}

/** Keeps a build that found no fault, whose outputs are on the disk. Half of their states may be asked of another thread. */
export async function keepBuild(
  root: string,
  origin: BuildOrigin,
  files: readonly string[],
  stampsOf?: (paths: readonly string[]) => Promise<readonly string[]>,
): Promise<void> {
  const paths = withFolders(files);
  const here = stampsOf ? paths.length >> 1 : paths.length;
  const others = stampsOf?.(paths.slice(here)) ?? [];
  const outputs = [...outputStamps(root, paths.slice(0, here)), ...(await others)];
  writeJson(root, "build.json", { ...origin, files, outputs } satisfies LastBuild);
}

export interface KeptReading {
  readonly origin: string;
  readonly identity: string;
  readonly stamps: [string, string][];
  readonly modules: [string, unknown][];
}

/** What an earlier process of the same compiler read. */
export function findReading(root: string): KeptReading | undefined {
  const kept = readJson<KeptReading>(root, "reading.json");
  return kept?.origin === originStamp(root) ? kept : undefined;
}

/** Fills a memory with it. */
export function recallReading(kept: KeptReading, { reading }: CompileMemory): void {
  reading.identity = kept.identity;
  for (const [path, stamp] of kept.stamps) reading.stamps.set(path, stamp);
  for (const [file, module] of kept.modules as typeof reading.modules extends Map<infer K, infer V>
    ? [K, V][]
    : never) {
    reading.modules.set(file, module);
  }
}

export function keepReading(root: string, { reading }: CompileMemory): void {
  const { identity, stamps, modules } = reading;
  const kept: KeptReading = { origin: originStamp(root), identity, stamps: [...stamps], modules: [...modules] };
  writeJson(root, "reading.json", kept);
}

/**
 * The compiler and the very folder that it worked on. What is kept has absolute paths: in a copy of a checkout, or in one
 * that somebody has put a cache into, they would speak of another one's files.
 */
function originStamp(root: string): string {
  const real = realpathSync(root);
  return `${compilerStamp()} ${statSync(real).ino} ${real}`;
}

let knownStamp: string | undefined;

/** Changes with every file of this compiler, bundled or not: what another one found is not to be trusted. */
function compilerStamp(): string {
  knownStamp ??= readCompilerStamp();
  return knownStamp;
}

function readCompilerStamp(): string {
  const here = import.meta.dirname;
  const folders = extname(import.meta.filename) === ".ts" ? [join(here, "..")] : [here, join(here, "..", "compiler")];
  const states = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => {
      const { size, mtimeMs } = statSync(join(folder, path));
      return `${path} ${size} ${mtimeMs}`;
    }),
  );
  return hash("sha1", [process.version, ...states.sort()].join("\n"));
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function readJson<T>(root: string, name: string): T | undefined {
  try {
    refuseLinks(root, `${CACHE}/${name}`);
    return JSON.parse(readFileSync(join(root, CACHE, name), "utf8")) as T;
  } catch {
    return undefined;
  }
}

function writeJson(root: string, name: string, value: unknown): void {
  try {
    makeFolder(root, CACHE);
    replaceFile(root, `${CACHE}/${name}`, JSON.stringify(value));
  } catch {
    // The next build does without.
  }
}
