import pc from "picocolors";
import { type Diagnostic, type Related, type Sources, type Span, sortDiagnostics } from "../diagnostics.ts";

export interface FormatOptions {
  /** Whether to use a terminal's colours. Default false. */
  readonly colors?: boolean;
}

type Colors = ReturnType<typeof pc.createColors>;

/**
 * Diagnostics for people to read: each with its place, what is wrong, the line in question with the place marked, and
 * how to fix it. By file and line; ends without a line break.
 */
export function formatPretty(
  diagnostics: readonly Diagnostic<string>[],
  sources: Sources,
  { colors = false }: FormatOptions = {},
): string {
  const paint = pc.createColors(colors);
  const linesOf = createLines(sources);
  return sortDiagnostics(diagnostics)
    .map((diagnostic) => formatOne(diagnostic, linesOf, paint))
    .join("\n\n");
}

function formatOne(
  { code, severity, message, fix, span, related = [] }: Diagnostic<string>,
  linesOf: (file: string) => readonly string[],
  paint: Colors,
): string {
  const mark = severity === "error" ? paint.red : paint.yellow;
  return [
    `${paint.bold(place(span))} ${mark(severity)} ${paint.dim(code)}`,
    ...indent(message),
    ...frame(span, linesOf(span.file), mark, paint),
    ...indent(`${paint.bold("Fix:")} ${fix}`),
    ...related.flatMap((other) => formatRelated(other, linesOf, paint)),
  ].join("\n");
}

function formatRelated(
  { message, span }: Related,
  linesOf: (file: string) => readonly string[],
  paint: Colors,
): string[] {
  return [...indent(`${paint.bold(place(span))} ${message}`), ...frame(span, linesOf(span.file), paint.cyan, paint)];
}

function place({ file, line, column }: Span): string {
  return `${file}:${line}:${column}`;
}

function indent(text: string): string[] {
  return text.split("\n").map((line) => `  ${line}`);
}

/** The span's first line, and below it the marks; nothing where the text is not at hand. */
function frame(span: Span, lines: readonly string[], mark: (text: string) => string, paint: Colors): string[] {
  const line = lines[span.line - 1];
  if (line === undefined || span.endColumn === span.column) return [];
  const end = span.endLine > span.line ? line.trimEnd().length + 1 : Math.min(span.endColumn, line.length + 1);
  const { shown, start, stop } = excerpt(line, span.column - 1, Math.max(end - 1, span.column));
  const number = String(span.line);
  const gutter = (text: string) => paint.dim(`${text} │`);
  const pad = shown.slice(0, start).replace(/[^\t]/gu, (letter) => " ".repeat(widthOf(letter)));
  const width = Array.from(shown.slice(start, stop), widthOf).reduce((sum, one) => sum + one, 0);
  return [
    `  ${gutter(number)} ${shown}`,
    `  ${gutter(" ".repeat(number.length))} ${pad}${mark("^".repeat(Math.max(1, width)))}`,
  ];
}

const MAX_COLUMNS = 160;
/** What is shown before a place that lies far to the right. */
const LEAD = 40;

/** The part of a line around a place, short enough to read, and harmless to a terminal. */
function excerpt(line: string, start: number, stop: number): { shown: string; start: number; stop: number } {
  const from = stop > MAX_COLUMNS ? Math.max(0, start - LEAD) : 0;
  const to = Math.min(line.length, from + MAX_COLUMNS);
  const [before, after] = [from > 0 ? "…" : "", to < line.length ? "…" : ""];
  const shown = before + line.slice(from, to).replace(/[^\P{Cc}\t]/gu, "�") + after;
  const shift = before.length - from;
  return { shown, start: start + shift, stop: Math.min(stop, to) + shift };
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Columns that a character takes on a terminal. */
function widthOf(letter: string): number {
  if (/^\p{M}/u.test(letter)) return 0;
  return WIDE.test(letter) ? 2 : 1;
}

function createLines(sources: Sources): (file: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (file) => {
    const lines = known.get(file) ?? sources.get(file)?.split(/\r\n|[\n\r\u2028\u2029]/) ?? [];
    known.set(file, lines);
    return lines;
  };
}
