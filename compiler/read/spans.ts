import { posix } from "node:path";
import type { ts } from "ts-morph";
import type { Span } from "../diagnostics/diagnostics.ts";

/** A module's path, relative to the project's root. */
export function pathOf(root: string, { fileName }: ts.SourceFile): string {
  return fileName.startsWith(`${root}/`) ? fileName.slice(root.length + 1) : posix.relative(root, fileName);
}

/** Where a node stands, without the comments and blanks before it. */
export function spanOf(root: string, node: ts.Node): Span {
  const source = node.getSourceFile();
  return rangeSpan(root, source, node.getStart(source), node.getEnd());
}

export function rangeSpan(root: string, source: ts.SourceFile, from: number, to: number): Span {
  const starts = lineStartsOf(source);
  const line = lineOf(starts, from);
  const endLine = lineOf(starts, to);
  return {
    file: pathOf(root, source),
    line: line + 1,
    column: from - starts[line]! + 1,
    endLine: endLine + 1,
    endColumn: to - starts[endLine]! + 1,
  };
}

const known = new WeakMap<ts.SourceFile, readonly number[]>();

/** Offsets at which lines start. Where lines end in nothing but `\n`, found far sooner than by TypeScript. */
function lineStartsOf(source: ts.SourceFile): readonly number[] {
  const starts =
    known.get(source) ?? (ENDS_OTHERWISE.test(source.text) ? source.getLineStarts() : findStarts(source.text));
  known.set(source, starts);
  return starts;
}

/** What ends a line beside `\n`, by https://tc39.es/ecma262/#sec-line-terminators. */
const ENDS_OTHERWISE = /[\r\u2028\u2029]/;

function findStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** The last line that starts at that offset or before it, from 0. */
function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return low;
}

/** For faults of a file as a whole. */
export function fileSpan(file: string): Span {
  return { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
}
