import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, readdir, stat, symlink } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { loadedText, type RuntimeImports, runtimeImports } from "../../compiler/build/runtime-imports.ts";
import { createCompile } from "../../loader/compiled.ts";
import { Fault, filing } from "../../loader/fault.ts";
import { MODULE_CACHE } from "../../loader/hooks.ts";
import { findProject } from "../../loader/project.ts";
import { createSettingsFinder } from "../../loader/tsconfig.ts";
import { builtUseCases } from "../project-runtime.ts";
import { colorsOf, count, say } from "../terminal.ts";
import { layOutPackages, type MissingPackage, type PackageCopy, within } from "./stage-packages.ts";
import { leadsToTypeScript, sourcesBelow, stageSettings } from "./stage-settings.ts";

export interface StageOptions {
  readonly root?: string;
  /** Files and folders that handlers read, relative to the project. */
  readonly include?: readonly string[];
  /** Whether executors have to load the native part of Pulsar's client. */
  readonly nativePulsar?: boolean;
}

/** Of what this package depends on, all that `start` and the runtime load; the rest is the compiler's. */
export const RUNTIME_PACKAGES = [
  ...[
    "@opentelemetry/api",
    "aws4fetch",
    "commander",
    "croner",
    "get-tsconfig",
    "lmdb",
    "pg",
    "pg-logical-replication",
    "picocolors",
    "pulsar-client",
    "undici",
    "ws",
  ],
];

/** `fivefold stage <folder>`: copies what executors need to run, and nothing else, for the last stage of an image. */
export async function stage(folder: string, names: readonly string[], options: StageOptions): Promise<void> {
  const root = findProject(options.root);
  const target = resolve(folder);
  refuseFull(target);
  const useCases = await builtUseCases(root, names);
  const settings = createSettingsFinder();
  const cache = join(root, MODULE_CACHE);
  const loading = { settings, compile: createCompile(cache) };
  const sealing = { settings, compile: createCompile(join(target, MODULE_CACHE), { from: cache, sealed: true }) };
  const imports = runtimeImports(
    useCases.flatMap(({ executor, changes }) => [
      join(root, executor),
      // What a capture loads, which runs in the same image.
      ...(changes ? [join(root, dirname(executor), "changes.ts")] : []),
    ]),
    loading,
  );
  refuseMissing(root, imports);
  const files = [
    "package.json",
    "generated/manifest.json",
    // What the gateway reads, which runs in the same image.
    ...useCases.map(({ event }) => event.avro),
    ...imports.files.map((file) => ownPath(root, file)),
    ...(options.include ?? []).map((path) => ownPath(root, resolve(root, path))),
  ];
  const packages = new Set(["fivefold", ...imports.packages.keys()]);
  const { copies, missing } = layOutPackages(root, [...packages], { fivefold: RUNTIME_PACKAGES });
  refuseUninstalled(root, missing, imports);

  await filing("The executors can't be staged", async () => {
    for (const file of new Set(files)) await copy(join(root, file), join(target, file));
    for (const one of copies) await copyPackage(one, target);
    for (const file of imports.files) loadedText(file, sealing);
    stageSettings({ from: root, to: "", files: imports.files }, target, settings);
    for (const { from, to } of copies.filter(isOwnOrTypeScript)) {
      // Of a checkout of this package all modules are compiled alike, and Node runs them.
      const files = to === "linked/fivefold" ? [join(from, "package.ts")] : seal(sourcesBelow(from), sealing);
      stageSettings({ from, to, files }, target, settings);
    }
  });
  if (options.nativePulsar) refuseWithoutNativePulsar(target);
  const size = await sizeOf(target);
  const { green } = colorsOf(process.stdout);
  say(
    `${green("✓")} ${count(useCases.length, "use case")} → ${relative(process.cwd(), target) || "."}/: ` +
      `${count(imports.files.length, "module")} and ${count(copies.length, "package")}, ${(size / 1e6).toFixed(1)} MB`,
  );
}

/** Those of a package's modules that can be loaded: a package may hold others, such as what its tests read. */
function seal(files: readonly string[], sealing: Parameters<typeof loadedText>[1]): string[] {
  return files.filter((file) => {
    try {
      loadedText(file, sealing);
      return true;
    } catch {
      return false;
    }
  });
}

/** Packages of a workspace, and those whose modules are TypeScript wherever they lie. */
function isOwnOrTypeScript({ from, link }: PackageCopy): boolean {
  return link !== undefined || leadsToTypeScript(from);
}

/** What lies there from before would be in the image, too. */
function refuseFull(target: string): void {
  if (!existsSync(target) || readdirSync(target).length === 0) return;
  throw new Fault("usage", `${target} is not empty, and what is in it would stay: name a folder that is empty or new.`);
}

function refuseMissing(root: string, { missing: [first] }: RuntimeImports): void {
  if (!first) return;
  const from = within(root, first.from) ?? first.from;
  throw new Fault("input", `${from} imports '${first.specifier}', and there is no such file: build the project first.`);
}

function refuseUninstalled(root: string, [first]: readonly MissingPackage[], { packages }: RuntimeImports): void {
  if (!first) return;
  const { name, neededBy } = first;
  const who = within(root, packages.get(name) ?? neededBy) || neededBy;
  throw new Fault("environment", `${who} needs package '${name}', which is not installed: run npm ci.`);
}

const NATIVE_PULSAR = "pulsar-client";

/** What npm was not allowed to download is missed at the first start, and nowhere before. */
function refuseWithoutNativePulsar(target: string): void {
  const { status, stderr } = spawnSync(process.execPath, ["-e", `require("${NATIVE_PULSAR}")`], {
    cwd: target,
    encoding: "utf8",
  });
  if (status === 0) return;
  const reason = /^(?:\w*Error: .*|.*: cannot open shared object file.*)$/m.exec(stderr)?.[0] ?? stderr.trim();
  throw new Fault(
    "environment",
    `Executors of this image could not load ${NATIVE_PULSAR}: ${reason}\nRun npm install ${NATIVE_PULSAR} and ` +
      `npm rebuild ${NATIVE_PULSAR} before; or leave --native-pulsar out, where FIVEFOLD_PULSAR_CLIENT is not libpulsar.`,
  );
}

function ownPath(root: string, path: string): string {
  const own = within(root, path);
  if (own) return own;
  throw new Fault(
    "input",
    `${path} is needed, and lies outside of ${root}: an image holds the project alone. Make a package of what it shares ` +
      "with others.",
  );
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { recursive: true, dereference: true });
}

async function copyPackage({ name, from, to, link }: PackageCopy, target: string): Promise<void> {
  if (name === "fivefold") {
    for (const path of ["package.json", ...runtimeFolders(from)]) await copy(join(from, path), join(target, to, path));
  } else {
    await mkdir(dirname(join(target, to)), { recursive: true });
    // Packages inside have places of their own; what a workspace's package hides is not its code.
    const isOwn = (path: string) => path === from || !/^(node_modules|\.(?!\w+\.js$).*)$/.test(basename(path));
    await cp(from, join(target, to), { recursive: true, filter: isOwn });
  }
  if (link === undefined) return;
  await mkdir(dirname(join(target, link)), { recursive: true });
  await symlink(relative(dirname(join(target, link)), join(target, to)), join(target, link));
}

/** The folders of this package that `start` runs from: in a checkout sources, else what was built of them. */
function runtimeFolders(folder: string): string[] {
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { bin: { fivefold: string } };
  const cli = dirname(bin.fivefold);
  return [cli, join(dirname(cli), "loader"), join(dirname(cli), "runtime")];
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries.filter((entry) => entry.isFile()).map((file) => stat(join(file.parentPath, file.name)));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}
