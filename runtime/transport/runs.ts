/** Nobody: what no consumer holds, and a partition that no consumer owns. Consumer ids start above. */
export const NOBODY = 0;
/** Holds what cannot be read, so that it is neither delivered again nor forgotten. */
export const QUARANTINE = 0xffffffff;

/** Records below a cursor's `next` that somebody holds, or that are put off or set aside. */
export interface Run {
  readonly first: number;
  readonly end: number;
  /** The consumer that holds them, or `NOBODY`, or `QUARANTINE`. */
  readonly holder: number;
  /** When `NOBODY` holds them: not to be delivered before, in ms since the Unix epoch. */
  readonly dueAt: number;
}

/**
 * Changes the parts of runs that lie in `[first, end)`: to the holder and due time that `change` returns, or takes them out
 * when it returns null; undefined leaves the run. Equal neighbours become one run, which keeps the list short.
 */
export function replaceRuns(
  runs: Run[],
  first: number,
  end: number,
  change: (run: Run) => readonly [holder: number, dueAt: number] | null | undefined,
): void {
  const from = lowestEndingAbove(runs, first);
  if (from === runs.length || runs[from]!.first >= end) return;
  const pieces: Run[] = [];
  let to = from;
  for (; to < runs.length && runs[to]!.first < end; to++) {
    const run = runs[to]!;
    const changed = change(run);
    if (changed === undefined) {
      append(pieces, run);
      continue;
    }
    if (run.first < first) append(pieces, { ...run, end: first });
    if (changed) {
      const [holder, dueAt] = changed;
      append(pieces, { first: Math.max(run.first, first), end: Math.min(run.end, end), holder, dueAt });
    }
    if (run.end > end) append(pieces, { ...run, first: end });
  }
  splice(runs, from, to, pieces);
}

/** Adds a run where there is none. */
export function insertRun(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (!last || last.end <= run.first) {
    append(runs, run);
    return;
  }
  const at = lowestEndingAbove(runs, run.first);
  splice(runs, at, at, [run]);
}

/** Puts pieces in the place of runs. Neighbours on both sides take part, so that a run that was split grows together. */
function splice(runs: Run[], from: number, to: number, pieces: readonly Run[]): void {
  const before = Math.max(0, from - 1);
  const after = Math.min(runs.length, to + 1);
  const merged: Run[] = [];
  for (const run of runs.slice(before, from)) append(merged, run);
  for (const run of pieces) append(merged, run);
  for (const run of runs.slice(to, after)) append(merged, run);
  runs.splice(before, after - before, ...merged);
}

/** Adds a run at the end, or lengthens the last run where both are of a kind. */
function append(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (last && last.end === run.first && last.holder === run.holder && last.dueAt === run.dueAt) {
    runs[runs.length - 1] = { ...last, end: run.end };
  } else {
    runs.push(run);
  }
}

/** The run that holds an offset, if any. */
export function runAt(runs: readonly Run[], offset: number): Run | undefined {
  const run = runs[lowestEndingAbove(runs, offset)];
  return run && run.first <= offset ? run : undefined;
}

/** The index of the first run that ends above `offset`. */
function lowestEndingAbove(runs: readonly Run[], offset: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (runs[middle]!.end > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
