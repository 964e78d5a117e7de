/*
 * A repository of 3,000 use cases of many shapes, by the package as it is installed, with a limit of 1,024 open files: each
 * command from a person's or a pipeline's day, with what it and the processes that it starts take of memory at most.
 *
 *   npm run bench compiler-large                       BENCH_USE_CASES=300 for fewer
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { packInto } from "../copy-for-packing.ts";
import { makeVariedProject } from "./compiler/make-varied-project.ts";
import { printFigure } from "./figure.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const USE_CASES = Number(process.env.BENCH_USE_CASES ?? 3_000);
const OPEN_FILES = 1_024;
const PLACE = join(tmpdir(), `fivefold-bench-${process.pid}`);
const ROOT = join(PLACE, "project");
const MAIN = join(PLACE, "node_modules/fivefold/dist/cli/main.js");

/** The command line that runs `fivefold` with so many open files. */
function limited(args: readonly string[]): [string, string[]] {
  return ["/bin/sh", ["-c", `ulimit -n ${OPEN_FILES}; exec "$0" "$@"`, process.execPath, MAIN, ...args]];
}

/** Runs a command and prints its figures. Peaks are what Linux says of each process, in MB. */
async function measure(name: string, args: readonly string[]): Promise<void> {
  const [command, all] = limited(args);
  const startedAt = performance.now();
  const child = spawn(command, all, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => output.push(text));
  const ended = once(child, "close");
  const peaks = new Map<number, number>();
  let isRunning = true;
  const watching = (async () => {
    for (; isRunning; await sleep(10)) notePeaks(child.pid!, peaks);
  })();
  const [code] = await ended;
  const wallMs = Math.round(performance.now() - startedAt);
  isRunning = false;
  await watching;
  if (code !== 0) throw new Error(`fivefold ${args.join(" ")} ended with ${code}:\n${output.join("").slice(0, 4_000)}`);
  const peakMb = peaks.get(child.pid!) ?? 0;
  peaks.delete(child.pid!);
  const othersPeakMb = Math.max(0, ...peaks.values());
  printFigure({ bench: "compiler-large", case: name, useCases: USE_CASES, wallMs, peakMb, othersPeakMb });
}

/** Adds what a process, and those below it, took at most so far. */
function notePeaks(pid: number, peaks: Map<number, number>): void {
  try {
    const [, kilobytes = "0"] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    peaks.set(pid, Math.max(peaks.get(pid) ?? 0, Math.round(Number(kilobytes) / 1_000)));
    for (const below of readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")) {
      if (below !== "") notePeaks(Number(below), peaks);
    }
  } catch {
    // It has ended.
  }
}

function git(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
}

mkdirSync(join(PLACE, "source"), { recursive: true });
await packInto(join(PLACE, "source"));
for (const path of ["package.json", "dist"]) {
  cpSync(join(PLACE, "source", path), join(PLACE, "node_modules/fivefold", path), { recursive: true });
}
symlinkSync(join(REPOSITORY, "node_modules"), join(PLACE, "node_modules/fivefold/node_modules"));
const { files, textOf } = makeVariedProject(ROOT, USE_CASES, 1);
writeFileSync(join(ROOT, "package.json"), '{ "private": true, "type": "module" }\n');
writeFileSync(join(ROOT, ".gitignore"), ".fivefold/\n");
git("init", "--quiet", "--initial-branch", "main");

const edit = (number: number, edits: number) => writeFileSync(join(ROOT, files[number]!), textOf(number, edits));
await measure("cold build", ["build"]);
await measure("build with nothing changed", ["build"]);
await measure("release", ["release"]);
git("add", "--all");
git("commit", "--quiet", "--message", "all");
edit(1, 1);
await measure("build after one edit", ["build"]);
await measure("build --check with nothing changed", ["build", "--check"]);
await measure("diff", ["diff"]);
rmSync(join(ROOT, ".fivefold"), { recursive: true });
await measure("build --check from a fresh checkout", ["build", "--check"]);
await measure("release of one edit", ["release"]);
await measureWatching();
rmSync(PLACE, { recursive: true });

/** From the write of a use case until what follows from it is on the disk. */
async function measureWatching(): Promise<void> {
  const [command, all] = limited(["build", "--watch"]);
  const watching = spawn(command, all, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(watching, "exit");
  await once(watching.stdout, "data");
  const latencies: number[] = [];
  for (let edits = 2; edits < 32; edits++) {
    await sleep(edits % 10 === 0 ? 1_000 : 100);
    const number = (edits * 97) % USE_CASES;
    const folder = files[number]!.replace(/^usecases\/(.*)\.ts$/, (_, path: string) => path.replaceAll("/", "-"));
    edit(number, edits);
    const startedAt = performance.now();
    while (!readFileSync(join(ROOT, "generated", folder, "codec.ts"), "utf8").includes(`edited${edits}`))
      await sleep(1);
    latencies.push(performance.now() - startedAt);
  }
  const peaks = new Map<number, number>();
  notePeaks(watching.pid!, peaks);
  watching.kill("SIGINT");
  await exited;
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1]!);
  const figures = { p50Ms: at(0.5), mostMs: at(1), peakMb: peaks.get(watching.pid!) ?? 0 };
  printFigure({ bench: "compiler-large", case: "one edit under --watch", useCases: USE_CASES, ...figures });
}
