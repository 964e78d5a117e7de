import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import type { Ended, HostedCommand } from "./command-host.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
export const MAIN = join(REPOSITORY, "cli", "main.js");

/** A folder of its own, as a user's project, with this repository as its package `fivefold`. */
export interface Project {
  readonly root: string;
  /** Starts `fivefold …args` there. */
  start(args: readonly string[], options?: { cwd?: string }): RunningCommand;
  /** Runs `fivefold …args` there to its end; not in a process of its own, where that is not the point. */
  fivefold(...args: readonly string[]): Promise<Ended>;
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
}

/** The same project, with a process of its own for every command. */
export const inProcesses = (project: Project): Project => ({
  ...project,
  fivefold: (...args) => project.start(args).ended(),
});

export interface RunningCommand {
  readonly process: ChildProcess;
  /** What it printed so far. */
  readonly printed: { stdout: string; stderr: string };
  /** Resolves once stdout or stderr holds that text, `times` times; rejects if the command ends before. */
  prints(text: string, times?: number): Promise<void>;
  ended(): Promise<Ended>;
}

/** Makes an empty project; it is removed when the test has finished. */
export async function createProject(
  files: Readonly<Record<string, string>> = {},
  packages: { readonly fivefold: string } = { fivefold: REPOSITORY },
): Promise<Project> {
  const root = await mkdtemp(join(tmpdir(), "fivefold-cli-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  // A link, as `npm link` makes it: Node strips types of the real path, which is below no node_modules.
  await mkdir(join(root, "node_modules", "@types"), { recursive: true });
  await symlink(packages.fivefold, join(root, "node_modules", "fivefold"));
  await symlink(join(REPOSITORY, "node_modules", "@types", "node"), join(root, "node_modules", "@types", "node"));
  const project: Project = {
    root,
    start: (args, options) => startCommand(process.execPath, [MAIN, ...args], options?.cwd ?? root),
    fivefold: (...args) => runHosted(args, root) ?? project.start(args).ended(),
    read: (path) => readFile(join(root, path), "utf8"),
    async write(path, text) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    },
  };
  for (const [path, text] of Object.entries(files)) await project.write(path, text);
  return project;
}

/** Commands that read and write files and print, and start nothing that goes on. */
const HOSTED = new Set(["build", "diff", "import", "new", "new-stacks", "release", "resolve", "retire"]);
let host: { readonly child: ChildProcess; isBusy: boolean } | undefined;

/** Runs a command in a process that goes on to the next; `undefined` where it needs one of its own. */
function runHosted([name = "", ...others]: readonly string[], cwd: string): Promise<Ended> | undefined {
  if (!HOSTED.has(name) || others.includes("--watch") || host?.isBusy) return undefined;
  host ??= { child: startHost(), isBusy: false };
  return hostedCommand(host, { args: [name, ...others], cwd, env: plainEnvironment() });
}

function startHost(): ChildProcess {
  return fork(join(import.meta.dirname, "command-host.ts"), { env: plainEnvironment(), stdio: "inherit" });
}

afterAll(async () => {
  if (!host) return;
  const ended = once(host.child, "exit");
  host.child.kill("SIGKILL");
  await ended;
});

async function hostedCommand(used: NonNullable<typeof host>, command: HostedCommand): Promise<Ended> {
  used.isBusy = true;
  try {
    used.child.send(command);
    const [ended] = (await once(used.child, "message")) as [Ended];
    return ended;
  } finally {
    used.isBusy = false;
  }
}

/** This process's environment, without what would change a command's output or its data folder. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { FIVEFOLD_DATA: _data, FORCE_COLOR: _color, NO_COLOR: _plain, CI: _ci, ...env } = process.env;
  return env;
}

/** Starts a program; it is killed when the test has finished. */
export function startCommand(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = plainEnvironment(),
): RunningCommand {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      printed[name] += text;
      for (const check of waiting) check();
    });
  }
  const closed = once(child, "close");
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await closed;
  });
  return {
    process: child,
    printed,
    prints: (text, times = 1) =>
      new Promise<void>((done, fail) => {
        const check = () => {
          const found = Math.max(occurrences(printed.stdout, text), occurrences(printed.stderr, text));
          if (found < times) return;
          waiting.delete(check);
          done();
        };
        waiting.add(check);
        check();
        closed.then(() => fail(new Error(`It ended without printing '${text}':\n${printed.stdout}${printed.stderr}`)));
      }),
    async ended() {
      await closed;
      return { code: child.exitCode, ...printed };
    },
  };
}

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}
