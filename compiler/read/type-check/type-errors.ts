import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { join, posix } from "node:path";
import { tsconfigFor } from "../../../loader/tsconfig.ts";
import { type Diagnostic, diagnostic, type Span } from "../../diagnostics/diagnostics.ts";
import { findAmbientFiles } from "../ambient-files.ts";
import { checkOptions, isIsolated } from "../check-options.ts";
import { linkedFile, USE_CASES } from "../find-files.ts";
import { type Link, linkTo, strayLink } from "../links.ts";
import type { Project } from "../open-project.ts";
import { defaultOptions, TSCONFIG } from "../open-project.ts";
import { absoluteRoot } from "../root.ts";
import { fileSpan } from "../spans.ts";
import { readText } from "../text.ts";
import { type InstalledTypescript, installedTypescript, tscCommand } from "../typescript-package.ts";

/** Where the compiler keeps what it can make again. */
const SCRATCH = ".fivefold/typecheck";

/** A search for TypeScript's own errors. */
export interface TypeCheck {
  /** The modules that it concerns, relative to the root. */
  readonly files: readonly string[];
  /** In ms since 1970. What was written later may not have been seen. */
  readonly startedAt: number;
  readonly errors: Promise<readonly Diagnostic[]>;
}

/**
 * Starts to look for TypeScript's own errors in these use cases and in what they import, with the native `tsc`. It is a
 * process of its own, several times as fast as the API, and runs while this one reads. Needs no API to be loaded.
 */
export function checkTypes(project: Checked, signal?: AbortSignal): TypeCheck {
  const startedAt = performance.timeOrigin + performance.now();
  return { files: project.files, startedAt, errors: findTypeErrors(project, signal) };
}

/** The same for all modules of a project that is not open yet. */
export function checkAllTypes(folder: string, files: readonly string[]): TypeCheck {
  const root = absoluteRoot(folder);
  const tsconfig = readText(root, TSCONFIG).text === undefined ? undefined : tsconfigFor(root, USE_CASES);
  return checkTypes({ root, files, tsconfig, ambient: findAmbientFiles(root, tsconfig) });
}

type Checked = Pick<Project, "root" | "files" | "tsconfig" | "ambient">;

async function findTypeErrors(project: Checked, signal: AbortSignal | undefined): Promise<Diagnostic[]> {
  if (project.files.length === 0) return [];
  try {
    return parseErrors(await runTsc(project, writeConfig(project), signal), project);
  } catch (error) {
    if (signal?.aborted) return [];
    const reason = withoutRoot(error instanceof Error ? error.message : String(error), project.root);
    return [diagnostic("type-check-failed", fileSpan(SCRATCH), { reason })];
  }
}

/** The project's own settings with the use cases for files; returns the config's path. */
function writeConfig({ root, files, tsconfig, ambient }: Checked): string {
  const folder = join(root, SCRATCH);
  const path = join(folder, "tsconfig.json");
  const config = {
    ...(tsconfig && { extends: tsconfig }),
    compilerOptions: tsconfig ? checkOptions(tsconfig, "native") : { ...defaultOptions(root), noEmit: true },
    files: [...files.map((file) => `${root}/${file}`), ...ambient.all],
    include: [],
    references: [],
  };
  const text = `${JSON.stringify(config, null, 2)}\n`;
  const link = linkTo(root, SCRATCH);
  if (link) throw new Error(`'${link.path}' is a link to '${link.target}', and nothing is written through a link`);
  if (readLines(path).join("\n") === text) return path;
  mkdirSync(folder, { recursive: true });
  // Another compilation of the same project may be reading it.
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { flag: "wx" });
  renameSync(draft, path);
  return path;
}

/*
 * It is done before this process has read half of the use cases, so it saves processor time rather than its own: on one
 * thread it takes a sixth less, and without collecting garbage, of which it makes little, another third. (400 use cases:
 * 0.66 s, then 0.42 s, and 135 MB either way; 1,600: 390 MB instead of 380.)
 */
const TSC_FLAGS = ["--pretty", "false", "--singleThreaded"];

/** Modules from which on its memory is worth the time that collecting garbage takes. */
const MANY = 2_000;

function runTsc({ root, files }: Checked, config: string, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const [command, ...script] = tscCommand();
    const [shell, ...shellArgs] = withinMemory(files.length);
    const child = spawn(
      shell ?? command,
      [...shellArgs, ...(shell ? [command] : []), ...script, ...TSC_FLAGS, "-p", config],
      {
        cwd: root,
        env: { GOGC: files.length < MANY ? "off" : "300", ...process.env },
        stdio: ["ignore", "pipe", "pipe"],
        ...(signal && { signal }),
      },
    );
    // Who may end it does not wait for it, and has other work that somebody waits for. In a build it gives way only a
    // little: what is read meanwhile keeps another core busy the sooner, but other programs must not hold the build up.
    giveWay(child.pid, signal ? constants.priority.PRIORITY_LOW : A_LITTLE);
    const output: string[] = [];
    const failure: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => output.push(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => failure.push(text));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      // It ends with 1 or 2 where it found errors, and then has printed them.
      if (code === 0 || output.some((text) => text.includes("error TS"))) resolve(output.join(""));
      else reject(new Error(whyEnded(signal ?? code, failure.join("").trim())));
    });
  });
}

function whyEnded(code: string | number | null, said: string): string {
  if (said.includes("out of memory")) return "they take too much memory: a type grows too large";
  return `tsc ended with ${code}. ${said.slice(0, LONGEST_REPORT)}`;
}

const LONGEST_REPORT = 500;

/**
 * A shell that runs a command in so much memory. A few types, each twice as long as the one before, would else take all
 * that the machine has. Where a system knows no such bound, the shell says nothing and does without.
 */
function withinMemory(modules: number): string[] {
  if (!existsSync(SHELL)) return [];
  const kilobytes = LEAST_KILOBYTES + modules * KILOBYTES_A_MODULE;
  return [SHELL, "-c", `ulimit -v ${kilobytes} 2>/dev/null; exec "$0" "$@"`];
}

const SHELL = "/bin/sh";
/** Ten times what `tsc` takes of a large project; it reserves more than it uses. */
const LEAST_KILOBYTES = 4 * 2 ** 20;
const KILOBYTES_A_MODULE = 2 ** 10;

/** A priority at which a program still gets a third of what others get of a processor. */
const A_LITTLE = 5;

/** Lowers a process's priority; that of its threads to come, too. */
function giveWay(pid: number | undefined, priority: number): void {
  try {
    if (pid !== undefined) setPriority(pid, priority);
  } catch {
    // It has ended, or the system has no such thing.
  }
}

const LOCATED = /^(.+)\((\d+),(\d+)\): error (TS\d+): (.*)$/;
/** A setting, or a value of one, that this TypeScript does not have. */
const UNKNOWN_SETTINGS: ReadonlySet<string> = new Set(["TS5023", "TS5024", "TS5025", "TS6046"]);
/** What is told where modules are compiled one by one, whoever asked for that. */
const OF_ISOLATION = /when 'isolatedModules'.*? enabled/;
/**
 * What such modules would mean something else by: ambient `const enum`, a name for both a type and a value, enums that follow
 * from other modules. Types that are exported again, and those in decorated signatures, the loader knows for what they are.
 */
const COMPILED_OTHERWISE: ReadonlySet<string> = new Set(["TS2748", "TS2865", "TS2866", "TS18055", "TS18056", "TS1269"]);
const UNLOCATED = /^error (TS\d+): (.*)$/;

/** Whether the project's TypeScript has other settings than the one that checks. */
function isAnother({ folder, major, minor }: InstalledTypescript): boolean {
  return folder === undefined || major !== OWN.major || minor > OWN.minor;
}

const OWN = installedTypescript(import.meta.filename);

/** Reads `file(line,column): error TS1: text`, with further lines of the text indented below. */
function parseErrors(output: string, { root, tsconfig }: Checked): Diagnostic[] {
  const knowsOthers = tsconfig !== undefined && isAnother(installedTypescript(tsconfig));
  const errors: { span: Span; code: string; lines: string[] }[] = [];
  const isAsked = tsconfig !== undefined && isIsolated(tsconfig);
  const textOf = createTexts(root);
  for (const line of output.split(/\r?\n/)) {
    const located = LOCATED.exec(line);
    const unlocated = UNLOCATED.exec(line);
    // Of settings that the project's TypeScript may know: what that says is found by other means, see settingErrors.
    if (tsconfig && !isAsked && OF_ISOLATION.test(located?.[5] ?? "") && !COMPILED_OTHERWISE.has(located?.[4] ?? ""))
      continue;
    if (knowsOthers && located?.[1]?.endsWith(".json") && UNKNOWN_SETTINGS.has(located[4] ?? "")) continue;
    if (located) {
      const [, path = "", lineNumber, column, code = "", text = ""] = located;
      const file = posix.normalize(path.replaceAll("\\", "/"));
      // What is wrong with the settings as a whole is said of the config that takes the project's own over.
      const isOurs = file === `${SCRATCH}/${TSCONFIG}`;
      const span = isOurs ? fileSpan(TSCONFIG) : wordSpan(file, Number(lineNumber), Number(column), textOf(file));
      errors.push({ span, code, lines: [text] });
    } else if (unlocated) {
      errors.push({ span: fileSpan(TSCONFIG), code: unlocated[1] ?? "", lines: [unlocated[2] ?? ""] });
    } else if (line.trim() !== "") errors.at(-1)?.lines.push(line);
  }
  const links = new Map([...new Set(errors.map(({ span }) => span.file))].map((file) => [file, linkOf(root, file)]));
  return errors.map(({ span, code, lines }) => {
    const link = links.get(span.file);
    if (link) return linkedFile(link);
    const reason = withoutRoot(lines.join("\n"), root);
    if (isAsked || !tsconfig || !OF_ISOLATION.test(reason)) return diagnostic("type-error", span, { code, reason });
    return diagnostic("compiled-otherwise", span, {
      code,
      reason: reason.replace(/ when 'isolatedModules' .*? enabled/, ""),
    });
  });
}

/** tsc follows links: what it says of a file that is none of the project's would quote it. */
function linkOf(root: string, file: string): Link | undefined {
  return strayLink(root, posix.resolve(root, file));
}

/** Paths as people of the project write them. */
function withoutRoot(text: string, root: string): string {
  return text.replaceAll(`${root}/`, "");
}

function createTexts(root: string): (file: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (file) => {
    const lines = known.get(file) ?? readLines(join(root, file));
    known.set(file, lines);
    return lines;
  };
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split(/\r?\n/);
  } catch {
    return [];
  }
}

/** tsc says where an error begins only: it is taken to last for the word or sign that stands there. */
function wordSpan(file: string, line: number, column: number, lines: readonly string[]): Span {
  const rest = lines[line - 1]?.slice(column - 1) ?? "";
  const [word] = /^(["'`]).*?\1|^[\p{ID_Continue}$]+|^./u.exec(rest) ?? [""];
  return { file, line, column, endLine: line, endColumn: column + word.length };
}
