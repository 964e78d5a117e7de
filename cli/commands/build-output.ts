import type { Build } from "../../compiler/build/build-project.ts";
import { type Changes, countChanges } from "../../compiler/build/outputs.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostics.ts";
import { reportOfDiagnostic, showDiagnostics } from "../diagnostics.ts";
import { colorsOf, complain, count, duration, say } from "../terminal.ts";

/** A build as a machine reads it. With `check`, `written` and `removed` are what a build would do. */
export function buildReport(
  { compilation, difference, durationMs, unchecked }: Build,
  { check }: { check: boolean },
): object {
  const written = [...(difference?.missing ?? []), ...(difference?.stale ?? [])].map(({ path }) => path).sort();
  const removed = difference?.superfluous ?? [];
  return reportOf({
    ok: !!difference && !(check && written.length + removed.length > 0),
    useCases: compilation.useCases.map(({ name }) => name),
    written,
    unchanged: difference?.unchanged ?? 0,
    removed,
    diagnostics: compilation.diagnostics.map(reportOfDiagnostic),
    durationMs,
    unchecked,
  });
}

/** What is always said of a build. */
export function reportOf(said: {
  readonly ok: boolean;
  readonly useCases: readonly string[];
  readonly written?: readonly string[];
  readonly unchanged: number;
  readonly removed?: readonly string[];
  readonly diagnostics?: readonly object[];
  readonly durationMs: number;
  readonly unchecked?: string | undefined;
}): object {
  return { written: [], removed: [], diagnostics: [], ...said, durationMs: Math.round(said.durationMs) };
}

/** Says so where earlier commits could not be asked of their releases. */
export function tellUnchecked({ unchecked }: Pick<Build, "unchecked">): void {
  if (unchecked === undefined) return;
  const { yellow } = colorsOf(process.stderr);
  complain(
    `${yellow("note:")} contracts.lock.json was not held against the releases of all earlier commits: ${unchecked}.`,
  );
}

/** What a check found stale, as diagnostics: for what shows them beside files. */
export function staleOutputs({ difference }: Build): Diagnostic<string>[] {
  const { missing = [], stale = [], superfluous = [] } = difference ?? {};
  const one = (file: string, what: string): Diagnostic<string> => ({
    code: "stale-output",
    severity: "error",
    message: `The file ${what}: it is not as the use cases say.`,
    fix: "Run `fivefold build` and commit the result.",
    span: { file, line: 1, column: 1, endLine: 1, endColumn: 1 },
  });
  return [
    ...missing.map(({ path }) => one(path, "is missing")),
    ...stale.map(({ path }) => one(path, "is stale")),
    ...superfluous.map((path) => one(path, "is superfluous")),
  ];
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

function showWritten(useCases: number, difference: Changes, durationMs: number): void {
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

/** One line where there was nothing to do. */
export function showUpToDate(useCases: number, durationMs: number, { check }: { check: boolean }): void {
  const { bold, dim, green } = colorsOf(process.stdout);
  const what = bold(count(useCases, "use case"));
  if (check) say(`${green("✓")} ${what}, generated/ is up to date ${dim(`(checked in ${duration(durationMs)})`)}`);
  else say(`${green("✓")} ${what} → generated/ ${dim(`(up to date) in ${duration(durationMs)}`)}`);
}

/** Prints what a build would change. */
export function showCheck({ compilation, difference, durationMs }: Build): void {
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
