import { performance } from "node:perf_hooks";
import { type Compilation, compile } from "../compiler/compile.ts";
import { type ReportFormat, reportDiagnostics, showDiagnostics } from "./diagnostics.ts";
import { EXIT } from "./fault.ts";
import { compareOutputs, type Difference, writeOutputs } from "./outputs.ts";
import { findProject } from "./project.ts";
import { colorsOf, count, duration, say, sayJson } from "./terminal.ts";

export interface BuildOptions {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly format?: ReportFormat;
  readonly root?: string;
}

/** What a build came to. */
export interface Build {
  readonly compilation: Compilation;
  /** What was written, or with `check` would be; `undefined` if there are errors, on which nothing is. */
  readonly difference: Difference | undefined;
  readonly durationMs: number;
}

/** Compiles a project and writes what changed, unless there are errors. */
export async function buildProject(root: string, options: { check: boolean }): Promise<Build> {
  const startedAt = performance.now();
  const compilation = await compile({ root });
  const failed = compilation.diagnostics.some(({ severity }) => severity === "error");
  const difference = failed ? undefined : await compareOutputs(root, compilation.outputs);
  if (difference && !options.check) await writeOutputs(root, difference);
  return { compilation, difference, durationMs: performance.now() - startedAt };
}

/** `fivefold build` */
export async function build({ check = false, json = false, format, root }: BuildOptions): Promise<void> {
  const result = await buildProject(findProject(root), { check });
  const stale = check && !!result.difference && changes(result.difference) > 0;
  if (json) sayJson(buildReport(result, { check }));
  else if (format) reportDiagnostics(result.compilation, format);
  else if (check) showCheck(result);
  else showBuild(result);
  if (!result.difference || stale) process.exitCode = EXIT.input;
}

/** A build as a machine reads it. With `check`, `written` and `removed` are what a build would do. */
export function buildReport({ compilation, difference, durationMs }: Build, { check }: { check: boolean }): object {
  const paths = [...(difference?.missing ?? []), ...(difference?.stale ?? [])].map(({ path }) => path).sort();
  const removed = difference?.superfluous ?? [];
  return {
    ok: !!difference && !(check && paths.length + removed.length > 0),
    useCases: compilation.useCases.map(({ name }) => name),
    written: paths,
    unchanged: difference?.unchanged ?? 0,
    removed,
    diagnostics: compilation.diagnostics,
    durationMs: Math.round(durationMs),
  };
}

function changes({ missing, stale, superfluous }: Difference): number {
  return missing.length + stale.length + superfluous.length;
}

/** Prints a build's diagnostics and its one line of result. */
export function showBuild({ compilation, difference, durationMs }: Build): void {
  showDiagnostics(compilation);
  if (!difference) return;
  const { bold, dim, green } = colorsOf(process.stdout);
  const written = difference.missing.length + difference.stale.length;
  const parts = [
    ...(written > 0 ? [`${count(written, "file")} written`] : []),
    ...(difference.superfluous.length > 0 ? [`${difference.superfluous.length} removed`] : []),
    `${difference.unchanged} unchanged`,
  ];
  const what = changes(difference) > 0 ? `(${parts.join(", ")})` : "(up to date)";
  const useCases = bold(count(compilation.useCases.length, "use case"));
  say(`${green("✓")} ${useCases} → generated/ ${dim(`${what} in ${duration(durationMs)}`)}`);
  if (compilation.useCases.length === 0) say("  usecases/ has none yet: `fivefold new <name>` writes one.");
}

function showCheck({ compilation, difference, durationMs }: Build): void {
  showDiagnostics(compilation);
  if (!difference) return;
  const { bold, dim, green, red, yellow } = colorsOf(process.stdout);
  for (const { path } of difference.missing) say(`${red("missing")}      ${path}`);
  for (const { path } of difference.stale) say(`${yellow("stale")}        ${path}`);
  for (const path of difference.superfluous) say(`${yellow("superfluous")}  ${path}`);
  const useCases = bold(count(compilation.useCases.length, "use case"));
  if (changes(difference) === 0) {
    say(`${green("✓")} ${useCases}, generated/ is up to date ${dim(`(checked in ${duration(durationMs)})`)}`);
  } else {
    const files = count(changes(difference), "file");
    say(`${red("✗")} ${files} of ${useCases} not as the use cases say: run \`fivefold build\` and commit the result.`);
  }
}
