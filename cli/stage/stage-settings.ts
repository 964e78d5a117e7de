import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isTypeScript } from "../../loader/resolve.ts";
import {
  absolutePaths,
  type SettingsFinder,
  TSCONFIG,
  type Tsconfig,
  WITHOUT_TSCONFIG,
} from "../../loader/tsconfig.ts";
import { within } from "./stage-packages.ts";

/** A folder, where it goes in the staged one, and the modules in it that are loaded. */
export interface Moved {
  readonly from: string;
  readonly to: string;
  readonly files: readonly string[];
}

/**
 * Writes each tsconfig.json that modules of a folder are loaded by, with all that it extends: what it extends may lie in
 * packages that nothing runs.
 */
export function stageSettings({ from, to, files }: Moved, target: string, settings: SettingsFinder): void {
  const configs = new Map<string, Tsconfig>();
  for (const file of files) {
    for (const tsconfig of settings.candidates(file)) {
      if (within(from, tsconfig.path)) configs.set(tsconfig.path, tsconfig);
    }
  }
  for (const tsconfig of configs.values()) writeConfig(join(target, to, relative(from, tsconfig.path)), tsconfig, from);
  if (configs.has(join(from, TSCONFIG))) return;
  const strays = files.map((file) => settings.of(file).tsconfig).filter((own) => !own || !within(from, own.path));
  if (strays.length === 0) return;
  // One that lies further up holds for the whole folder. Where there is none, that of the project must not be taken for it.
  const [above] = strays;
  const path = join(target, to, TSCONFIG);
  if (above) writeConfig(path, above, from);
  else writeJson(path, WITHOUT_TSCONFIG);
}

/** Of a tsconfig.json within the folder all is written; of one above it, what its modules are compiled by. */
function writeConfig(to: string, tsconfig: Tsconfig, folder: string): void {
  const { compilerOptions, include, exclude, files, references } = tsconfig.config;
  const isOwn = within(folder, tsconfig.path) !== undefined;
  const place = isOwn ? dirname(tsconfig.path) : folder;
  const pathFrom = (absolute: string) => `./${relative(place, absolute).replaceAll("\\", "/")}`;
  const paths = Object.entries(absolutePaths(tsconfig)).map(([pattern, targets]) => [pattern, targets.map(pathFrom)]);
  const { baseUrl } = compilerOptions ?? {};
  writeJson(to, {
    compilerOptions: {
      ...compilerOptions,
      ...(baseUrl !== undefined && { baseUrl: pathFrom(join(dirname(tsconfig.path), baseUrl)) }),
      paths: Object.fromEntries(paths),
    },
    ...(isOwn && {
      include,
      exclude,
      files,
      references: references?.filter(({ path }) => within(folder, join(place, path)) !== undefined),
    }),
  });
}

function writeJson(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
}

/** The TypeScript modules of a package, without what is installed in it. */
export function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(\.|node_modules$)/.test(entry.name) ? [] : sourcesBelow(path);
    return entry.isFile() && isTypeScript(path) ? [path] : [];
  });
}

/** Whether who imports a package that npm has copied gets TypeScript: Node would not run it, and the loader does. */
export function leadsToTypeScript(folder: string): boolean {
  const { exports, main } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, unknown>;
  const leads = (target: unknown): boolean =>
    typeof target === "string"
      ? isTypeScript(target)
      : typeof target === "object" && target !== null && Object.values(target).some(leads);
  return leads([exports, main]);
}
