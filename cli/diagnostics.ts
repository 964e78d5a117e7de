import { existsSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import type { Diagnostic, Sources, Span } from "../compiler/diagnostics/diagnostics.ts";
import { formatGithub } from "../compiler/diagnostics/format/github.ts";
import { formatPretty } from "../compiler/diagnostics/format/pretty.ts";
import { formatSarif } from "../compiler/diagnostics/format/sarif.ts";
import { packagedPageOf } from "./documentation.ts";
import { packageVersion } from "./package-version.ts";
import { colorsOf, complain, count, hasColors, say } from "./terminal.ts";

/** How diagnostics are printed for others than people at a terminal. */
export type ReportFormat = "github" | "sarif";

/** Prints what was found for code scanning, on standard output. Files are named from the repository's root, as that does. */
export function reportDiagnostics(root: string, found: readonly Diagnostic<string>[], format: ReportFormat): void {
  const folder = relative(repositoryOf(root), root).replaceAll("\\", "/");
  const moved = (span: Span): Span => ({ ...span, file: posix.join(folder, span.file) });
  const diagnostics = found.map((one) => ({
    ...one,
    span: moved(one.span),
    ...(one.related && { related: one.related.map((other) => ({ ...other, span: moved(other.span) })) }),
  }));
  if (format === "sarif") say(formatSarif(diagnostics, packageVersion()));
  else if (diagnostics.length > 0) say(formatGithub(diagnostics));
}

/** A diagnostic as machines are told it: with the fix, and the page of its code, relative to the package. */
export function reportOfDiagnostic(diagnostic: Diagnostic<string>): object {
  return { ...diagnostic, page: packagedPageOf(diagnostic.code) };
}

/** The nearest folder upwards that git knows as a checkout's root; the project's own where there is none. */
function repositoryOf(root: string): string {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (folder === dirname(folder)) return root;
  }
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
  const result = errors.length > 0 && !written ? ": nothing was written." : ".";
  complain(
    `\n${bold(counts.join(" and "))} in ${files}${result} \`fivefold explain <code>\` shows an example of each.`,
  );
}
