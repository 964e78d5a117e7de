import { CATALOGUE, type Code, type Parameters } from "./catalogue/catalogue.ts";
import type { Entry, Severity } from "./catalogue/entry.ts";

export type { Code, Parameters as ParametersOf } from "./catalogue/catalogue.ts";
export type { Severity } from "./catalogue/entry.ts";

/** A place in a source file. Lines and columns count from 1, columns in UTF-16 code units; `end` is exclusive. */
export interface Span {
  /** Relative to the project's root, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What is wrong with a project, and how to fix it. Plain data: its JSON form is itself. */
export interface Diagnostic<C extends string = Code> {
  /** Names the fault; stable. */
  readonly code: C;
  readonly severity: Severity;
  /** What was found, and the rule that it breaks. */
  readonly message: string;
  /** How to fix it. */
  readonly fix: string;
  readonly span: Span;
  /** The fix as an edit, where it is one: what is to stand in the span's place. */
  readonly replacement?: string;
  /** Other places that have part in the fault. */
  readonly related?: readonly Related[];
}

export interface Related {
  readonly message: string;
  readonly span: Span;
}

/** Texts of source files by their spans' `file`. */
export type Sources = ReadonlyMap<string, string>;

/** Makes the diagnostic of one code from the parameters that its catalogue entry names. */
export function diagnostic<C extends Code>(
  code: C,
  span: Span,
  parameters: Parameters<C>,
  related: readonly Related[] = [],
): Diagnostic {
  // Each entry takes its own parameters: TypeScript can't see that `code` picks the entry and the parameters alike.
  return diagnosticOf(code, CATALOGUE[code] as unknown as Entry<Parameters<C>>, span, parameters, related);
}

/** The same for a catalogue of somebody else's. */
export function diagnosticOf<C extends string, P>(
  code: C,
  entry: Entry<P>,
  span: Span,
  parameters: P,
  related: readonly Related[] = [],
): Diagnostic<C> {
  const replacement = entry.replacement?.(parameters);
  return {
    code,
    severity: entry.severity,
    message: entry.message(parameters),
    fix: entry.fix(parameters),
    span,
    ...(replacement !== undefined && { replacement }),
    ...(related.length > 0 && { related }),
  };
}

/** By file, then position, then code: what one reads from top to bottom, and the same on every machine. */
export function sortDiagnostics<C extends string>(diagnostics: readonly Diagnostic<C>[]): Diagnostic<C>[] {
  return [...diagnostics].sort(
    (a, b) =>
      compare(a.span.file, b.span.file) ||
      a.span.line - b.span.line ||
      a.span.column - b.span.column ||
      compare(a.code, b.code) ||
      compare(a.message, b.message),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A fault of a shared type or constant is met by every use case that uses it, and told once: by the first. */
export function uniqueDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, span, message }) => {
    const identity = JSON.stringify([code, span, message]);
    return !seen.has(identity) && seen.add(identity);
  });
}
