import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/*
 * TypeScript comes in two parts: its JavaScript API reads the event types in this process, the native `tsc` looks for
 * type errors beside it. The API is bundled without the declarations of JavaScript's own objects, so both take the
 * native one's, and agree on what `Date` is.
 */

const resolve = createRequire(import.meta.url).resolve;

function packageFolder(): string {
  return dirname(resolve("typescript/package.json"));
}

/** The script that runs the native `tsc`. */
export function tscScript(): string {
  return join(packageFolder(), "bin/tsc");
}

/** The command line that runs it without that script, which costs 50 ms of a processor's time, where it is found. */
export function tscCommand(): readonly [command: string, ...leading: string[]] {
  const native = join(libFolder(), "tsc");
  return existsSync(native) ? [native] : [process.execPath, tscScript()];
}

/** The folder of `lib.es2024.d.ts` and its like, with forward slashes. Throws where TypeScript is installed in part. */
export function libFolder(): string {
  knownLibFolder ??= findLibFolder();
  return knownLibFolder;
}

let knownLibFolder: string | undefined;

function findLibFolder(): string {
  const platform = `@typescript/typescript-${process.platform}-${process.arch}`;
  const script = createRequire(join(packageFolder(), "package.json"));
  try {
    const folder = join(dirname(script.resolve(`${platform}/package.json`)), "lib");
    if (existsSync(join(folder, "lib.d.ts"))) return folder.replaceAll("\\", "/");
  } catch (cause) {
    throw new Error(`${platform} is not installed. Install again, optional dependencies included.`, { cause });
  }
  throw new Error(`${platform} holds no lib.d.ts. Remove node_modules and install again.`);
}

/** The TypeScript that a project itself checks with. */
export interface InstalledTypescript {
  /** Of the package; `undefined`: the project has none, and is checked as by the newest. */
  readonly folder: string | undefined;
  readonly major: number;
  readonly minor: number;
}

export function installedTypescript(tsconfig: string): InstalledTypescript {
  try {
    const path = createRequire(join(dirname(tsconfig), "package.json")).resolve("typescript/package.json");
    const { version } = JSON.parse(readFileSync(path, "utf8")) as { version: string };
    const [major = 0, minor = 0] = version.split(".").map(Number);
    return { folder: dirname(path), major, minor };
  } catch {
    return { folder: undefined, major: Number.POSITIVE_INFINITY, minor: 0 };
  }
}
