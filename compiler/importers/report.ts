import type { Entry } from "../diagnostics/catalogue/entry.ts";
import { type Diagnostic, diagnosticOf, type Span, sortDiagnostics } from "../diagnostics/diagnostics.ts";
import { IMPORT_CATALOGUE, type ImportCode } from "./catalogue.ts";

/** A text that is imported. */
export interface Source {
  /** As diagnostics name it. */
  readonly file: string;
  readonly text: string;
}

/** A stretch of a source: offsets, `end` exclusive. */
export interface Place {
  readonly source: Source;
  readonly at: number;
  readonly end: number;
}

type Parameters<C extends ImportCode> = (typeof IMPORT_CATALOGUE)[C] extends Entry<infer P> ? P : never;

/** Takes what is found on the way. */
export type Report = <C extends ImportCode>(code: C, place: Place, parameters: Parameters<C>) => void;

/** Where the lines of a text start. */
function linesOf(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

export function createReport(): { readonly report: Report; readonly diagnostics: () => Diagnostic<ImportCode>[] } {
  const found: Diagnostic<ImportCode>[] = [];
  const lines = new Map<Source, readonly number[]>();
  return {
    report: (code, place, parameters) => {
      const { source } = place;
      if (!lines.has(source)) lines.set(source, linesOf(source.text));
      const entry = IMPORT_CATALOGUE[code] as unknown as Entry<typeof parameters>;
      found.push(
        diagnosticOf<ImportCode, typeof parameters>(code, entry, spanOf(place, lines.get(source)!), parameters),
      );
    },
    diagnostics: () => merged(sortDiagnostics(found)),
  };
}

/** Places beside the first that are shown. */
const MAX_RELATED = 4;

/** What holds in many places is told once, at the first, with the others behind it. */
function merged(sorted: readonly Diagnostic<ImportCode>[]): Diagnostic<ImportCode>[] {
  const groups = Map.groupBy(sorted, ({ code, message, fix }) => JSON.stringify([code, message, fix]));
  return Array.from(groups.values(), ([first, ...others]) => {
    const places = new Map(others.map(({ span }) => [JSON.stringify(span), span]));
    places.delete(JSON.stringify(first!.span));
    if (places.size === 0) return first!;
    const related = Array.from(places.values(), (span) => ({ message: "So is this.", span })).slice(0, MAX_RELATED);
    const more = places.size - related.length;
    if (more > 0) related.push({ message: `So is this, and ${more} more.`, span: related.pop()!.span });
    return { ...first!, related };
  });
}

/** Of many lines only the first is marked. */
function spanOf({ source: { file, text }, at, end }: Place, starts: readonly number[]): Span {
  const line = countUpTo(starts, at);
  const lineStart = starts[line - 1]!;
  const lineEnd = /\r?\n|$/g;
  lineEnd.lastIndex = at;
  const stop = Math.max(at, Math.min(end, lineEnd.exec(text)?.index ?? end));
  return { file, line, column: at - lineStart + 1, endLine: line, endColumn: stop - lineStart + 1 };
}

/** How many of sorted numbers are no greater. */
function countUpTo(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
