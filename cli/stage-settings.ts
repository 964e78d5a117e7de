import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isTypeScript } from "../loader/resolve.ts";
import { absolutePaths, type SettingsFinder, type Tsconfig } from "../loader/tsconfig.ts";

/** A folder, and where it goes in the staged one. */
export interface Moved {
  readonly from: string;
  readonly to: string;
}

/**
 * Writes each tsconfig.json that modules of these folders are loaded by, with all that it extends: what it extends may lie
 * in packages that nothing runs.
 */
export function stageSettings(moved: readonly Moved[], target: string, settings: SettingsFinder): void {
  for (const { from, to } of moved) {
    const configs = new Map<string, Tsconfig>();
    for (const tsconfig of settings.candidates(join(from, "module.ts"))) configs.set(tsconfig.path, tsconfig);
    for (const tsconfig of configs.values()) write(tsconfig, from, join(target, to));
  }
}

function write(tsconfig: Tsconfig, from: string, to: string): void {
  const { compilerOptions, include, exclude, files, references } = tsconfig.config;
  // One that lies further up holds for the whole folder.
  const own = relative(from, tsconfig.path);
  const path = own.startsWith("..") ? "tsconfig.json" : own;
  const folder = dirname(join(from, path));
  const paths = Object.fromEntries(
    Object.entries(absolutePaths(tsconfig)).map(([pattern, targets]) => [
      pattern,
      targets.map((absolute) => `./${relative(folder, absolute).replaceAll("\\", "/")}`),
    ]),
  );
  const { baseUrl } = compilerOptions ?? {};
  const moved = {
    compilerOptions: {
      ...compilerOptions,
      ...(baseUrl !== undefined && {
        baseUrl: `./${relative(folder, join(dirname(tsconfig.path), baseUrl)).replaceAll("\\", "/")}`,
      }),
      paths,
    },
    ...(own === path && { include, exclude, files, references }),
  };
  mkdirSync(dirname(join(to, path)), { recursive: true });
  writeFileSync(join(to, path), `${JSON.stringify(moved, null, 2)}\n`);
}

/** The TypeScript modules of a package, without what is installed in it. */
export function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(\.|node_modules$)/.test(entry.name) ? [] : sourcesBelow(path);
    return entry.isFile() && isTypeScript(path) ? [path] : [];
  });
}
