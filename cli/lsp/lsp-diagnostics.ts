import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type CodeAction,
  CodeActionKind,
  DiagnosticSeverity,
  type Diagnostic as LspDiagnostic,
  type Range,
} from "vscode-languageserver/node";
import type { Analysis } from "../../compiler/build/compile.ts";
import type { Diagnostic, Span } from "../../compiler/diagnostics/diagnostics.ts";
import { pageOf } from "../documentation.ts";

/** The protocol counts lines and characters from 0, and characters in UTF-16 code units, as the compiler does from 1. */
export function toRange({ line, column, endLine, endColumn }: Span): Range {
  return {
    start: { line: line - 1, character: column - 1 },
    end: { line: endLine - 1, character: endColumn - 1 },
  };
}

export function toLspDiagnostic(
  root: string,
  { code, severity, message, fix, span, related = [] }: Diagnostic,
): LspDiagnostic {
  const page = pageOf(code);
  return {
    range: toRange(span),
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code,
    ...(page !== undefined && { codeDescription: { href: pathToFileURL(page).href } }),
    source: "fivefold",
    message: `${message}\n${fix}`,
    relatedInformation: related.map((other) => ({
      location: { uri: pathToFileURL(`${root}/${other.span.file}`).href, range: toRange(other.span) },
      message: other.message,
    })),
  };
}

/** The file that an editor asks about. */
interface Asked {
  readonly uri: string;
  readonly file: string;
  readonly text: string;
}

/** The fixes that are edits, of the diagnostics in a range. */
export function quickFixesAt(root: string, { diagnostics }: Analysis, asked: Asked, range: Range): CodeAction[] {
  const file = relative(root, asked.file).replaceAll("\\", "/");
  return diagnostics
    .filter(({ span }) => span.file === file && overlaps(toRange(span), range))
    .flatMap((diagnostic): CodeAction[] => {
      const edit = editOf(diagnostic, asked.text);
      if (!edit) return [];
      return [
        {
          title: diagnostic.fix.replace(/\.$/, ""),
          kind: CodeActionKind.QuickFix,
          isPreferred: true,
          diagnostics: [toLspDiagnostic(root, diagnostic)],
          edit: { changes: { [asked.uri]: [edit] } },
        },
      ];
    });
}

function editOf(
  { code, span, fix, replacement }: Diagnostic,
  text: string,
): { range: Range; newText: string } | undefined {
  if (replacement !== undefined) return { range: toRange(span), newText: replacement };
  // What is missing goes to the start of the settings, which begin behind the place that is marked.
  const example = code === "missing-setting" ? /`(.+)`/.exec(fix)?.[1] : undefined;
  const brace = example === undefined ? undefined : braceBehind(text, span);
  return brace && example ? { range: { start: brace, end: brace }, newText: `\n  ${example},` } : undefined;
}

/** The position behind the first opening brace of a call's arguments; the type argument before it may have braces too. */
function braceBehind(text: string, span: Span): Range["start"] | undefined {
  const lines = text.split(/\r\n|[\n\r]/);
  for (let line = span.endLine - 1; line < lines.length; line++) {
    const from = line === span.endLine - 1 ? span.endColumn - 1 : 0;
    const at = /\(\s*\{/.exec(lines[line]!.slice(from));
    if (at) return { line, character: from + at.index + at[0].length };
  }
  return undefined;
}

function overlaps(a: Range, b: Range): boolean {
  const before = (x: Range["start"], y: Range["start"]) =>
    x.line < y.line || (x.line === y.line && x.character < y.character);
  return !before(a.end, b.start) && !before(b.end, a.start);
}
