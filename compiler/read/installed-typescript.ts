import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

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
