import { spawn } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { analyse } from "../../../compiler/build/compile.ts";
import type { StarterConfig } from "./configs.ts";
import { DECLARED, probes, SUPPORT, TYPE_PACKAGES } from "./probes.ts";

/*
 * What `fivefold build` and a project's own `tsc --noEmit` say of the same project.
 */

const PACKAGES = resolve(import.meta.dirname, "../../../node_modules");

export interface Installed {
  /** The folder of the package `fivefold`. */
  readonly fivefold: string;
  /** The folder of the package `typescript`, and its major version. */
  readonly typescript: string;
  readonly version: number;
}

/** Where they differ, a line each: `lacks usecases/dom.ts:5:8 TS2584`. */
export async function differences(root: string, config: StarterConfig, installed: Installed): Promise<string[]> {
  const { declaration, composite } = config.compilerOptions;
  const found = await compare(`${root}/all`, probes(config.alias), config, installed);
  if (!declaration && !composite) return found;
  // `tsc` looks for what can't be declared where there is no other error.
  return [...found, ...(await compare(`${root}/declared`, DECLARED, config, installed))];
}

async function compare(
  root: string,
  modules: Readonly<Record<string, string>>,
  config: StarterConfig,
  installed: Installed,
): Promise<string[]> {
  writeStarter(root, modules, config, installed);
  const [theirs, ours] = await Promise.all([errorsOfTsc(root, installed), errorsOfBuild(root)]);
  // Older versions tell of some errors by other codes, at other places of a file.
  const isSame = installed.version >= 7 ? (error: string) => error : fileOf;
  const [known, told] = [new Set(theirs.map(isSame)), new Set(ours.errors.map(isSame))];
  const hidesDeclarations = theirs.some((error) => !OF_DECLARATIONS.test(error));
  return [
    ...theirs
      .filter((error) => !told.has(isSame(error)) && !ours.unloadable.has(fileOf(error)) && !OF_WRITING.test(error))
      .map((error) => `lacks ${error}`),
    ...ours.errors
      .filter((error) => !known.has(isSame(error)) && !(hidesDeclarations && OF_DECLARATIONS.test(error)))
      .map((error) => `adds ${error}`),
    ...ours.others.map((error) => `says ${error}`),
  ].map((difference) => `${config.source}, TypeScript ${installed.version}: ${difference}`);
}

/** Of the JavaScript that `tsc` would write for old browsers, or by `tslib`, and of the files that a composite project lists. */
const OF_WRITING = /TS(2802|18028|2354|6307)$/;
const OF_DECLARATIONS = /TS(4|90)\d+$/;

function fileOf(error: string): string {
  return error.split(":")[0]!;
}

function writeStarter(
  root: string,
  modules: Readonly<Record<string, string>>,
  { compilerOptions, include, exclude, type = "module", versions = [7] }: StarterConfig,
  { fivefold, typescript, version }: Installed,
): void {
  rmSync(root, { recursive: true, force: true });
  const isDeprecated = version === 6 && !versions.includes(7);
  const options = { ...compilerOptions, ...(isDeprecated && { ignoreDeprecations: "6.0" }) };
  const files = {
    ...SUPPORT,
    ...TYPE_PACKAGES,
    ...modules,
    "package.json": JSON.stringify({ private: true, ...(type !== "none" && { type }) }),
    "tsconfig.json": JSON.stringify({ compilerOptions: options, include, exclude }),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const links = { fivefold, typescript };
  for (const name of ["@types/node", "undici-types"]) Object.assign(links, { [name]: join(PACKAGES, name) });
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, "node_modules", name));
}

const LOCATED = /^(.+)\((\d+),(\d+)\): error (TS\d+):/;

async function errorsOfTsc(root: string, { typescript }: Installed): Promise<string[]> {
  const args = [join(typescript, "bin/tsc"), "--noEmit", "--pretty", "false", "-p", "."];
  const output = await outputOf(args, root);
  if (!/^(.*: )?error TS/m.test(output) && output.trim() !== "") throw new Error(`tsc in ${root}: ${output}`);
  return output.split("\n").flatMap((line) => {
    const [, file, lineNumber, column, code] = LOCATED.exec(line) ?? [];
    if (file) return [`${file}:${lineNumber}:${column} ${code}`];
    const [, unlocated] = /^error (TS\d+):/.exec(line) ?? [];
    return unlocated ? [`tsconfig.json:1:1 ${unlocated}`] : [];
  });
}

function outputOf(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
    const output: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => output.push(text));
    child.on("error", reject).on("close", () => resolve(output.join("")));
  });
}

async function errorsOfBuild(root: string) {
  const { diagnostics } = await analyse({ root });
  const of = (code: string) => diagnostics.filter((one) => one.code === code);
  return {
    errors: of("type-error").map(
      ({ span, message }) => `${span.file}:${span.line}:${span.column} ${/(TS\d+)\)$/.exec(message)?.[1]}`,
    ),
    /** What `tsc` takes, and no worker loads or means the same by: the build says more, and no type error beside it. */
    unloadable: new Set([...of("unloadable-import"), ...of("compiled-otherwise")].map(({ span }) => span.file)),
    others: diagnostics
      .filter(({ code }) => !["type-error", "unloadable-import", "compiled-otherwise"].includes(code))
      .map(({ span, code, message }) => `${code} of ${span.file}: ${message}`),
  };
}
