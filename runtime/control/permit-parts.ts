import type { Share } from "./share-entries.ts";

/** Of one worker, as it is stored. It never has more tasks in flight than its share. */
export interface PermitShare extends Share {
  /** What it could use. */
  readonly need: number;
  /** Counts whose turn it was, where there are fewer permits than workers with tasks. */
  readonly turn: number;
  /** Its process, where the store can tell which have ended. */
  readonly process?: string | undefined;
}

/** A worker that asks for its part. */
interface Asking {
  readonly self: string;
  /** What it could use. */
  readonly need: number;
  /** What is stored of it. */
  readonly own: PermitShare | undefined;
  /** Whether it has had a permit for as long as one may while others wait. */
  readonly hasHadTurn: boolean;
}

/**
 * Which part of `total` permits a worker may have now: never more than the others have left. Those that need few have those, the
 * others equal parts of the rest (max-min fairness), and what nobody needs is shared out too, so that a first task starts at
 * once. Where there are fewer permits than workers with tasks, they take turns.
 */
export function partOf(
  total: number,
  { self, need, own, hasHadTurn }: Asking,
  others: Readonly<Record<string, PermitShare>>,
): { readonly part: number; readonly turn: number } {
  const all = Object.entries(others);
  const left = Math.max(
    0,
    all.reduce((rest, [, { share }]) => rest - share, total),
  );
  const has = own?.share ?? 0;
  const lastTurn = own?.turn ?? 0;
  const withTurn = (part: number) => ({
    part,
    turn: part > 0 && has === 0 ? 1 + Math.max(lastTurn, ...all.map(([, { turn }]) => turn)) : lastTurn,
  });
  const needs = new Map([...all.map(([worker, other]) => [worker, other.need] as const), [self, need]]);
  if (needs.size > total) for (const [worker, needed] of needs) if (needed === 0) needs.delete(worker);
  if (!needs.has(self)) return withTurn(0);
  if (needs.size <= total) return withTurn(Math.min(left, equalParts(total, needs).get(self)!));

  const hungry = all
    .filter(([, other]) => other.need > 0 && other.share === 0)
    .map(([worker, { turn }]) => ({ worker, turn }));
  if (has > 0) {
    const holders = all.filter(([, { share }]) => share > 0).map(([worker, { turn }]) => ({ worker, turn }));
    const isToYield = hasHadTurn && rank(self, lastTurn, holders) < hungry.length;
    return withTurn(isToYield ? 0 : Math.min(1, left));
  }
  return withTurn(rank(self, lastTurn, hungry) < left ? 1 : 0);
}

/** How many had their turn longer ago. */
function rank(
  self: string,
  turn: number,
  others: readonly { readonly worker: string; readonly turn: number }[],
): number {
  return others.filter((other) => other.turn < turn || (other.turn === turn && other.worker < self)).length;
}

function equalParts(total: number, needs: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  // By need, then by name: every worker comes to the same parts.
  const sorted = [...needs].sort(([a, needA], [b, needB]) => needA - needB || (a < b ? -1 : 1));
  const parts = new Map<string, number>();
  let rest = total;
  for (const [i, [worker, need]] of sorted.entries()) {
    const part = Math.min(Math.max(1, need), Math.floor(rest / (sorted.length - i)));
    parts.set(worker, part);
    rest -= part;
  }
  for (const [i, [worker]] of sorted.entries()) {
    const part = Math.floor(rest / (sorted.length - i));
    parts.set(worker, parts.get(worker)! + part);
    rest -= part;
  }
  return parts;
}
