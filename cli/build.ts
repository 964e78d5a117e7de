import { performance } from "node:perf_hooks";
import { findUnchangedBuild } from "./build-cache.ts";
import type { Build, BuildStep } from "./build-project.ts";
import { type ReportFormat, reportDiagnostics, showDiagnostics } from "./diagnostics.ts";
import { EXIT } from "./fault.ts";
import { countChanges, type Difference } from "./outputs.ts";
import { findProject } from "./project.ts";
import { colorsOf, count, duration, say, sayJson } from "./terminal.ts";

export interface BuildOptions {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly format?: ReportFormat;
  readonly watch?: boolean;
  readonly root?: string;
}

/** `fivefold build` */
export async function build(options: BuildOptions): Promise<void> {
  const { check = false, json = false, format } = options;
  const startedAt = performance.now();
  const root = findProject(options.root);
  if (options.watch) {
    const { watchBuilds } = await import("./watch-builds.ts");
    return watchBuilds(root, { json });
  }
  const unchanged = findUnchangedBuild(root);
  if (unchanged && !format) {
    const { useCases, files } = unchanged;
    const durationMs = performance.now() - startedAt;
    if (json) sayJson(report({ ok: true, useCases, unchanged: files, durationMs }));
    else showUpToDate(useCases.length, durationMs, { check });
    return;
  }
  // Loaded only now: where nothing changed, nobody waits for the compiler.
  const { createBuilder } = await import("./build-project.ts");
  const builder = createBuilder(root);
  const step: BuildStep = { check };
  const result = await builder.build(step);
  const stale = check && !!result.difference && countChanges(result.difference) > 0;
  if (json) sayJson(buildReport(result, { check }));
  else if (format) reportDiagnostics(result.compilation, format);
  else if (check) showCheck(result);
  else showBuild(result);
  if (!result.difference || stale) process.exitCode = EXIT.input;
  builder.keep(result, step);
}

/** A build as a machine reads it. With `check`, `written` and `removed` are what a build would do. */
export function buildReport({ compilation, difference, durationMs }: Build, { check }: { check: boolean }): object {
  const written = [...(difference?.missing ?? []), ...(difference?.stale ?? [])].map(({ path }) => path).sort();
  const removed = difference?.superfluous ?? [];
  return report({
    ok: !!difference && !(check && written.length + removed.length > 0),
    useCases: compilation.useCases.map(({ name }) => name),
    written,
    unchanged: difference?.unchanged ?? 0,
    removed,
    diagnostics: compilation.diagnostics,
    durationMs,
  });
}

function report(said: {
  readonly ok: boolean;
  readonly useCases: readonly string[];
  readonly written?: readonly string[];
  readonly unchanged: number;
  readonly removed?: readonly string[];
  readonly diagnostics?: readonly object[];
  readonly durationMs: number;
}): object {
  return { written: [], removed: [], diagnostics: [], ...said, durationMs: Math.round(said.durationMs) };
}

/** Prints a build's diagnostics and its one line of result. */
export function showBuild({ compilation, difference, durationMs }: Build): void {
  showDiagnostics(compilation);
  if (!difference) return;
  const useCases = compilation.useCases.length;
  if (countChanges(difference) === 0) showUpToDate(useCases, durationMs, { check: false });
  else showWritten(useCases, difference, durationMs);
  if (useCases === 0) say("  usecases/ has none yet: `fivefold new <name>` writes one.");
}

function showWritten(useCases: number, difference: Difference, durationMs: number): void {
  const { bold, dim, green } = colorsOf(process.stdout);
  const written = difference.missing.length + difference.stale.length;
  const parts = [
    ...(written > 0 ? [`${count(written, "file")} written`] : []),
    ...(difference.superfluous.length > 0 ? [`${difference.superfluous.length} removed`] : []),
    `${difference.unchanged} unchanged`,
  ];
  const what = dim(`(${parts.join(", ")}) in ${duration(durationMs)}`);
  say(`${green("✓")} ${bold(count(useCases, "use case"))} → generated/ ${what}`);
}

function showUpToDate(useCases: number, durationMs: number, { check }: { check: boolean }): void {
  const { bold, dim, green } = colorsOf(process.stdout);
  const what = bold(count(useCases, "use case"));
  if (check) say(`${green("✓")} ${what}, generated/ is up to date ${dim(`(checked in ${duration(durationMs)})`)}`);
  else say(`${green("✓")} ${what} → generated/ ${dim(`(up to date) in ${duration(durationMs)}`)}`);
}

function showCheck({ compilation, difference, durationMs }: Build): void {
  showDiagnostics(compilation);
  if (!difference) return;
  if (countChanges(difference) === 0) {
    showUpToDate(compilation.useCases.length, durationMs, { check: true });
    return;
  }
  const { bold, red, yellow } = colorsOf(process.stdout);
  for (const { path } of difference.missing) say(`${red("missing")}      ${path}`);
  for (const { path } of difference.stale) say(`${yellow("stale")}        ${path}`);
  for (const path of difference.superfluous) say(`${yellow("superfluous")}  ${path}`);
  const useCases = bold(count(compilation.useCases.length, "use case"));
  const files = count(countChanges(difference), "file");
  say(`${red("✗")} ${files} of ${useCases} not as the use cases say: run \`fivefold build\` and commit the result.`);
}
