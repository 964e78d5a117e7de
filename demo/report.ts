import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pc from "picocolors";

export type Row = readonly (string | number)[];

const integer = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export function show(value: string | number): string {
  return typeof value === "number" ? integer.format(value) : value;
}

export function showMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 10_000 ? `${integer.format(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export function showBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A table whose first column is text and whose others are numbers. */
export function table(head: Row, rows: readonly Row[]): string {
  const all = [head, ...rows].map((row) => row.map(show));
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  "),
  );
  return [pc.dim(`  ${lines[0]}`), ...lines.slice(1).map((line) => `  ${line}`)].join("\n");
}

/** The values at 50, 95 and 99 percent, and the largest; NaN where there is none. */
export function percentiles(values: readonly number[]): [p50: number, p95: number, p99: number, max: number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return [at(0.5), at(0.95), at(0.99), sorted.at(-1) ?? Number.NaN];
}

/** The lines of one of the handlers' output files, in the order in which they were written. */
export function readOutbox<T>(outbox: string, file: string): T[] {
  const path = join(outbox, file);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

export interface IndexedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly hash: string;
  readonly type: string;
  readonly lines?: number;
  readonly words?: number;
}

/** Groups of files with the same content, those that waste most first. */
export function duplicates(files: readonly IndexedFile[]): { copies: number; wastedBytes: number; path: string }[] {
  const groups = [...Map.groupBy(files, ({ hash }) => hash).values()].filter((group) => group.length > 1);
  return groups
    .map((group) => ({
      copies: group.length,
      wastedBytes: (group.length - 1) * group[0]!.sizeBytes,
      path: group[0]!.path,
    }))
    .sort((a, b) => b.wastedBytes - a.wastedBytes);
}
