/*
 * Whole builds of generated use cases with nested events, by the package as it is installed: beside `tsc --noEmit` of
 * TypeScript 6 and 7 on the same files in the same run, from nothing, with nothing changed, and after an edit under
 * `build --watch`.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { copyForPacking } from "../copy-for-packing.ts";
import { makeProject, useCaseFile, useCaseText } from "./compiler/make-project.ts";
import { printFigure } from "./figure.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const PLACE = join(REPOSITORY, ".fivefold/bench-compiler");
const INSTALLED = join(PLACE, "node_modules/fivefold");
const MAIN = join(INSTALLED, "dist/cli/main.js");
const ROOT = join(PLACE, "project");
const PEAK_FILE = join(PLACE, "peak");
const RUNS = Number(process.env.BENCH_RUNS ?? 5);
const EDITS = Number(process.env.BENCH_EDITS ?? 100);

/** What it depends on is found in this repository, further up. */
function installPackage(): void {
  rmSync(PLACE, { recursive: true, force: true });
  const source = join(PLACE, "source");
  mkdirSync(source, { recursive: true });
  copyForPacking(source);
  const packing = spawnSync(process.execPath, ["scripts/pack.ts", "prepack"], { cwd: source, stdio: "inherit" });
  if (packing.status !== 0) throw new Error(`Packing ended with ${packing.status}.`);
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

/** The median of several runs, whose arguments may differ. */
function measure(name: string, useCases: number, argsOf: (run: number) => readonly string[]): number {
  const wallMs = median(Array.from({ length: RUNS }, (_, number) => run(argsOf(number))));
  const peakMb = peakOf(argsOf(RUNS));
  printFigure({ bench: "compiler", case: name, useCases, wallMs: Math.round(wallMs), peakMb });
  return wallMs;
}

const build = (root: string) => [MAIN, "build", "--root", root];

/**
 * A build in a folder of its own for each run: ext4 avoids inodes that were freed in the last minute, so to delete a
 * run's thousands of files before the next would slow their creation twenty times.
 */
function measureCold(useCases: number): number {
  return measure("cold build", useCases, (run) => {
    const root = `${ROOT}-${useCases}-${run}`;
    makeProject(root, useCases);
    return build(root);
  });
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

installPackage();
makeProject(ROOT, 400);
const config = join(ROOT, "tsconfig.json");
writeFileSync(config, JSON.stringify({ extends: "../../../tsconfig.json", include: ["usecases"], exclude: [] }));
const tsc6 = measure("tsc 6 --noEmit", 400, () => [join(import.meta.dirname, "compiler/tsc6.ts"), config]);
const tsc7Script = join(REPOSITORY, "node_modules/typescript/bin/tsc");
const tsc7 = measure("tsc 7 --noEmit", 400, () => [tsc7Script, "--noEmit", "-p", config]);
const cold = measureCold(400);
run(build(ROOT));
const warm = measure("build with nothing changed", 400, () => build(ROOT));
const ratio = (value: number, of: number) => Math.round((value / of) * 100) / 100;
printFigure({
  bench: "compiler",
  case: "ratios",
  coldToTsc6: ratio(cold, tsc6),
  coldToTsc7: ratio(cold, tsc7),
  warmToTsc6: ratio(warm, tsc6),
});
await measureEdits();

measureCold(100);
measureCold(1_600);
rmSync(PLACE, { recursive: true, force: true });
