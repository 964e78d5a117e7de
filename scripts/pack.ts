/*
 * What npm runs around `npm pack` and `npm publish`.
 *
 * In the repository the package's exports and its bin point at the TypeScript sources, which run as they are. Node
 * strips no types below node_modules, so the tarball needs built JavaScript, and a package.json that points at it. The
 * command line is bundled: a build loads a few large modules in place of two hundred, which saves it a twentieth.
 * `prepack` builds dist/ and rewrites package.json; `postpack` puts the source package.json back, byte for byte. A pack
 * that was killed between the two is repaired by whichever runs next.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { rolldown } from "rolldown";
import { buildConsole } from "./build-console.ts";

const ROOT = resolve(import.meta.dirname, "..");
const MANIFEST = join(ROOT, "package.json");
/** Both manifests of a pack under way: the source to put back, and the written one to recognise. */
const BACKUP = join(ROOT, ".fivefold", "pack");
const SOURCE = join(BACKUP, "source.json");
const PACKED = join(BACKUP, "packed.json");

interface Manifest {
  name: string;
  version: string;
  license: string;
  type: string;
  engines: unknown;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  bin: Record<string, string>;
  exports: Record<string, string>;
  scripts: { postpack: string };
  devDependencies?: unknown;
  allowScripts?: unknown;
}

/** A manifest cut short by a kill would be neither version, so it is replaced in one step. */
function replaceManifest(content: Buffer | string): void {
  const next = join(BACKUP, "next.json");
  writeFileSync(next, content);
  renameSync(next, MANIFEST);
}

/** Ends a pack: puts the source manifest back, where one was replaced. */
function restore(): void {
  if (!existsSync(SOURCE) || !existsSync(PACKED)) return;
  const source = readFileSync(SOURCE);
  const current = readFileSync(MANIFEST);
  // A manifest that somebody edited after a killed pack is theirs: neither version may be lost.
  if (!current.equals(readFileSync(PACKED)) && !current.equals(source)) {
    throw new Error(
      `package.json was edited after a pack that did not end. The one from before that pack is ${SOURCE}: ` +
        `merge the edits into it, copy it over package.json, and delete ${BACKUP}.`,
    );
  }
  replaceManifest(source);
  rmSync(BACKUP, { recursive: true });
}

/** `./cli/main.js` to `dist/cli/main`. */
function builtPath(source: string): string {
  return `./dist/${source.replace(/^\.\//, "").replace(/\.[jt]s$/, "")}`;
}

function olderTypes({ exports }: Manifest): [name: string, types: string[]][] {
  return Object.entries(exports)
    .filter(([name, path]) => name !== "." && path.endsWith(".ts"))
    .map(([name, path]) => [name.replace("./", ""), [`${builtPath(path)}.d.ts`]]);
}

function builtExport(path: string): unknown {
  return path.endsWith(".ts") ? { types: `${builtPath(path)}.d.ts`, default: `${builtPath(path)}.js` } : path;
}

/** The manifest as it is installed: pointing at dist/, without what only a checkout needs. */
function packedManifest(source: Manifest): unknown {
  const { devDependencies: _dev, allowScripts: _allow, ...kept } = source;
  const exports = Object.entries(source.exports).map(([name, path]) => [name, builtExport(path)]);
  const bin = Object.entries(source.bin).map(([name, path]) => [name, `${builtPath(path)}.js`]);
  return {
    ...kept,
    bin: Object.fromEntries(bin),
    exports: Object.fromEntries(exports),
    // TypeScript's older ways to find modules look at neither `exports` nor their types.
    types: `${builtPath(source.exports["."] ?? "")}.d.ts`,
    typesVersions: { "*": Object.fromEntries(olderTypes(source)) },
    // npm reads the manifest anew to find this one, which undoes the rewriting.
    scripts: { postpack: source.scripts.postpack },
  };
}

/** What is started by its path, and from where: bundles are one folder deep, and the build engine's are the CLI's. */
const STARTED = {
  "cli/main": "cli/main.js",
  "cli/emitting-answers": "compiler/build/emitting-answers.js",
  "cli/emitter-thread": "compiler/build/emitter-thread.js",
  "cli/watchdog-thread": "cli/worker/watchdog-thread.js",
  "loader/register": "loader/register.js",
  "loader/transpile": "loader/transpile.js",
};

/** Puts bundles in the place of the modules of dist/cli, dist/compiler and dist/loader: what they import beside is left to Node. */
async function bundle(dist: string): Promise<void> {
  const runtime = join(dist, "runtime");
  const bundling = await rolldown({
    cwd: dist,
    input: STARTED,
    platform: "node",
    // Packages and Node's own: what is written neither as a path nor as what is started.
    external: (id, _from, isResolved) => !isResolved && !/^[./]|^(cli|compiler|loader)\/|^ts-morph$/.test(id),
    makeAbsoluteExternalsRelative: false,
    plugins: [
      {
        name: "typescript alone",
        resolveId: (id) => (id === "ts-morph" ? join(dist, "cli", "typescript-api.js") : null),
      },
      {
        name: "runtime beside",
        resolveId(id, from) {
          const path = from && id.startsWith(".") ? resolve(dirname(from), id) : "";
          return path.startsWith(runtime) ? { id: path, external: true } : null;
        },
      },
    ],
  });
  // What holds nothing but the compiler is not needed where use cases run.
  // A chunk that only passes on what others hold has no module of its own.
  const isCompiler = (ids: readonly string[]) =>
    ids.length > 0 &&
    ids.every((id) => id.startsWith(join(dist, "compiler")) && !id.startsWith(join(dist, "compiler", "build")));
  const { output } = await bundling.generate({
    dir: dist,
    paths: (id) => (id.startsWith(runtime) ? `../runtime${id.slice(runtime.length)}` : id),
    entryFileNames: "[name].js",
    chunkFileNames: ({ moduleIds }) => `${isCompiler(moduleIds) ? "compiler" : "cli"}/[name]-[hash].js`,
  });
  // What emitters are given is typed by the compiler's own model.
  const types = declarationsFrom(join(dist, "config", "config.d.ts")).map(
    (path) => [path, readFileSync(path)] as const,
  );
  for (const folder of ["cli", "compiler", "loader"]) {
    rmSync(join(dist, folder), { recursive: true });
    mkdirSync(join(dist, folder));
  }
  for (const [path, text] of types) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  for (const file of output) if (file.type === "chunk") writeFileSync(join(dist, file.fileName), file.code);
}

/** A declaration file, and all that it leads to within the package. */
function declarationsFrom(path: string): string[] {
  const found = new Set([path]);
  for (const one of found) {
    for (const [, specifier] of readFileSync(one, "utf8").matchAll(/(?:from|import\() ?"(\.[^"]+)\.[jt]s"/g)) {
      found.add(`${resolve(dirname(one), specifier!)}.d.ts`);
    }
  }
  return [...found];
}

/** What is in the package for services that only enqueue. */
const RUNTIME_EXPORTS = [".", "./runtime", "./receiver", "./testing", "./postgres"];
const RUNTIME_DEPENDENCIES = ["croner", "pg", "ws"];
/** Loaded where they are used: the embedded store, which is 18 MB, Pulsar's native client, and what sends tasks to targets. */
const RUNTIME_PEERS = ["lmdb", "pulsar-client", "undici", "aws4fetch", "pg-logical-replication"];

/**
 * Writes the package `fivefold-runtime` into an empty folder, for `npm publish` there: the same runtime without the compiler
 * and all that it depends on. Services install it under the name that generated clients import:
 * `npm install fivefold@npm:fivefold-runtime`.
 */
async function packRuntime(folder: string): Promise<void> {
  const source = JSON.parse(readFileSync(MANIFEST, "utf8")) as Manifest;
  await build(source);
  const versions = { ...source.peerDependencies, ...source.dependencies };
  const pick = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, versions[name]]));
  const { name, version, license, type, engines } = source;
  const manifest = {
    name: `${name}-runtime`,
    version,
    description: "What services need that enqueue events of Fivefold's use cases.",
    license,
    type,
    engines,
    exports: {
      ...Object.fromEntries(RUNTIME_EXPORTS.map((path) => [path, builtExport(source.exports[path] ?? "")])),
      "./package.json": "./package.json",
    },
    files: ["dist"],
    dependencies: pick(RUNTIME_DEPENDENCIES),
    peerDependencies: pick(RUNTIME_PEERS),
    peerDependenciesMeta: Object.fromEntries(RUNTIME_PEERS.map((peer) => [peer, { optional: true }])),
  };
  mkdirSync(folder, { recursive: true });
  cpSync(join(ROOT, "dist", "runtime"), join(folder, "dist", "runtime"), { recursive: true });
  for (const file of ["LICENSE", "README.md"]) {
    if (existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(folder, file));
  }
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function prepack(): Promise<void> {
  restore();
  const source = JSON.parse(readFileSync(MANIFEST, "utf8")) as Manifest;
  await build(source);
  const packed = `${JSON.stringify(packedManifest(source), null, 2)}\n`;
  mkdirSync(BACKUP, { recursive: true });
  writeFileSync(PACKED, packed);
  writeFileSync(SOURCE, readFileSync(MANIFEST));
  replaceManifest(packed);
}

/** Fills dist/. */
async function build(source: Manifest): Promise<void> {
  rmSync(join(ROOT, "dist"), { recursive: true, force: true });
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const built = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { stdio: "inherit", cwd: ROOT });
  if (built.status !== 0) process.exit(built.status ?? 1);
  await bundle(join(ROOT, "dist"));
  await buildConsole();
  for (const path of Object.values(source.bin)) chmodSync(join(ROOT, `${builtPath(path)}.js`), 0o755);
}

const step = process.argv[2];
if (step === "prepack") await prepack();
else if (step === "postpack") restore();
else if (step === "runtime" && process.argv[3]) await packRuntime(resolve(process.argv[3]));
else throw new Error(`Usage: node scripts/pack.ts prepack|postpack|runtime <folder>, found '${step}'.`);
