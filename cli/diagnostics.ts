import type { Analysis } from "../compiler/compile.ts";
import type { Diagnostic, Sources } from "../compiler/diagnostics.ts";
import { formatGithub } from "../compiler/format/github.ts";
import { formatPretty } from "../compiler/format/pretty.ts";
import { formatSarif } from "../compiler/format/sarif.ts";
import { packageVersion } from "./package-version.ts";
import { colorsOf, complain, count, hasColors, say } from "./terminal.ts";

/** How diagnostics are printed for others than people at a terminal. */
export type ReportFormat = "github" | "sarif";

/** Prints what the compiler found for code scanning, on standard output. */
export function reportDiagnostics({ diagnostics }: Analysis, format: ReportFormat): void {
  if (format === "sarif") say(formatSarif(diagnostics, packageVersion()));
  else if (diagnostics.length > 0) say(formatGithub(diagnostics));
}

/** What there is to say of sources. */
interface Findings {
  readonly diagnostics: readonly Diagnostic<string>[];
  readonly sources: Sources;
}

/** Prints what the compiler found, with code frames, and a count at the end. `written`: errors kept nothing from it. */
export function showDiagnostics({ diagnostics, sources }: Findings, { written = false } = {}): void {
  if (diagnostics.length === 0) return;
  complain(formatPretty(diagnostics, sources, { colors: hasColors(process.stderr) }));
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const warnings = diagnostics.length - errors.length;
  const { bold, red, yellow } = colorsOf(process.stderr);
  const counts = [
    ...(errors.length > 0 ? [red(count(errors.length, "error"))] : []),
    ...(warnings > 0 ? [yellow(count(warnings, "warning"))] : []),
  ];
  const files = count(new Set(diagnostics.map(({ span }) => span.file)).size, "file");
  complain(
    `\n${bold(counts.join(" and "))} in ${files}${errors.length > 0 && !written ? ": nothing was written." : "."}`,
  );
}
