import { posix } from "node:path";
import type { ts } from "ts-morph";
import type { Span } from "../diagnostics.ts";

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
  const start = source.getLineAndCharacterOfPosition(from);
  const next = source.getLineStarts()[start.line + 1] ?? Number.POSITIVE_INFINITY;
  // Most end on their line, which is not looked for again.
  const end =
    to < next ? { line: start.line, character: start.character + to - from } : source.getLineAndCharacterOfPosition(to);
  return {
    file: pathOf(root, source),
    line: start.line + 1,
    column: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
  };
}

/** For faults of a file as a whole. */
export function fileSpan(file: string): Span {
  return { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
}
