/*
 * Whole builds of generated use cases with nested events, by the package as it is installed: beside `tsc --noEmit` of
 * TypeScript 6 and 7 on the same files in the same run, from nothing, with nothing changed, and after an edit under
 * `build --watch`.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statfsSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { packInto } from "../copy-for-packing.ts";
import { installTypescript } from "../parts/older-typescript.ts";
import { makeProject, useCaseFile, useCaseText } from "./compiler/make-project.ts";
import { printFigure } from "./figure.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
/** A file system in memory that Linux has. */
const MEMORY = "/dev/shm";
const MOST_BYTES = 3e9;
const PLACE = join(folderFor("fivefold-bench-compiler"), "place");
const INSTALLED = join(PLACE, "node_modules/fivefold");
const MAIN = join(INSTALLED, "dist/cli/main.js");
const ROOT = join(PLACE, "project");
const PEAK_FILE = join(PLACE, "peak");
const RUNS = Number(process.env.BENCH_RUNS ?? 5);
const EDITS = Number(process.env.BENCH_EDITS ?? 100);

/**
 * A fresh folder, in memory where there is room. ext4 avoids inodes that were freed in the last minutes: what the run before
 * removed would slow the creation of files twenty times.
 */
function folderFor(name: string): string {
  const { bavail = 0, bsize = 0 } = existsSync(MEMORY) ? statfsSync(MEMORY) : {};
  const folder = bavail * bsize > MOST_BYTES ? join(MEMORY, name) : join(REPOSITORY, ".fivefold", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // What the package depends on is found there, further up.
  symlinkSync(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
  return folder;
}

async function installPackage(): Promise<void> {
  const source = join(PLACE, "source");
  mkdirSync(source, { recursive: true });
  await packInto(source);
  for (const path of ["package.json", "dist"]) cpSync(join(source, path), join(INSTALLED, path), { recursive: true });
  writeFileSync(join(PLACE, "package.json"), '{ "private": true, "type": "module" }\n');
}

/** Starts a process and waits for its end; how long that took, in ms. */
function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): number {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return performance.now() - startedAt;
}

/** What a run takes at most, in MB; 0 of a native program. Not asked in a run that is timed: its threads load it, too. */
function peakOf(args: readonly string[]): number {
  rmSync(PEAK_FILE, { force: true });
  run(["--import", join(import.meta.dirname, "compiler/peak-memory.ts"), ...args], { BENCH_PEAK_FILE: PEAK_FILE });
  return existsSync(PEAK_FILE) ? Math.round(Number(readFileSync(PEAK_FILE, "utf8")) / 1_000) : 0;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

interface Case {
  readonly name: string;
  readonly useCases: number;
  /** The arguments of a run, which has a number. */
  args(run: number): readonly string[];
}

/** Medians of their wall times, in ms. They take turns: a machine that others share is faster at one time than at another. */
function measure(cases: readonly Case[]): number[] {
  const runs = cases.map((): number[] => []);
  for (let number = 0; number < RUNS; number++) {
    for (const [i, { args }] of cases.entries()) runs[i]!.push(run(args(number)));
  }
  return cases.map(({ name, useCases, args }, i) => {
    const wallMs = median(runs[i]!);
    const figures = { wallMs: Math.round(wallMs), peakMb: peakOf(args(RUNS)) };
    printFigure({ bench: "compiler", case: name, useCases, ...figures });
    return wallMs;
  });
}

const build = (root: string) => [MAIN, "build", "--root", root];

/** A build in a folder of its own for each run. */
function coldBuild(useCases: number): Case {
  const rootOf = (run: number) => `${ROOT}-${useCases}-${run}`;
  for (let run = 0; run <= RUNS; run++) makeProject(rootOf(run), useCases);
  return { name: "cold build", useCases, args: (run) => build(rootOf(run)) };
}

/** From the write of a use case until what follows from it is on the disk, by a compiler that watches. */
async function measureEdits(): Promise<void> {
  const watching = spawn(process.execPath, [...build(ROOT), "--watch"], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(watching, "exit");
  await once(watching.stdout, "data");
  const latencies: number[] = [];
  for (let edit = 1; edit <= EDITS; edit++) {
    await sleep(edit % 10 === 0 ? 1_000 : 60);
    const number = (edit * 37) % 400;
    const output = join(ROOT, `generated/change-document-${number}/codec.ts`);
    writeFileSync(join(ROOT, useCaseFile(number)), useCaseText(number, edit));
    const startedAt = performance.now();
    while (!readFileSync(output, "utf8").includes(`note${edit}`)) await sleep(1);
    latencies.push(performance.now() - startedAt);
  }
  watching.kill("SIGINT");
  await exited;
  const sorted = latencies.toSorted((a, b) => a - b);
  // By nearest rank, as https://en.wikipedia.org/wiki/Percentile has it.
  const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1]! * 10) / 10;
  printFigure({
    bench: "compiler",
    case: "one edit under --watch",
    useCases: 400,
    edits: EDITS,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  });
}

const tsc6 = join(await installTypescript(6), "bin/tsc");
await installPackage();
makeProject(ROOT, 400);
const config = join(ROOT, "tsconfig.json");
const base = join(REPOSITORY, "tsconfig.json");
writeFileSync(config, JSON.stringify({ extends: base, include: ["usecases"], exclude: [] }));
const tsc7 = join(REPOSITORY, "node_modules/typescript/bin/tsc");
const tsc = (version: number, script: string): Case => {
  return { name: `tsc ${version} --noEmit`, useCases: 400, args: () => [script, "--noEmit", "-p", config] };
};
run(build(ROOT));
const [tsc6Ms = 0, tsc7Ms = 0, coldMs = 0, warmMs = 0] = measure([
  tsc(6, tsc6),
  tsc(7, tsc7),
  coldBuild(400),
  { name: "build with nothing changed", useCases: 400, args: () => build(ROOT) },
]);
const ratio = (value: number, of: number) => Math.round((value / of) * 100) / 100;
printFigure({
  bench: "compiler",
  case: "ratios",
  coldToTsc6: ratio(coldMs, tsc6Ms),
  coldToTsc7: ratio(coldMs, tsc7Ms),
  warmToTsc6: ratio(warmMs, tsc6Ms),
});
await measureEdits();

measure([coldBuild(100)]);
measure([coldBuild(1_600)]);
rmSync(dirname(PLACE), { recursive: true, force: true });
