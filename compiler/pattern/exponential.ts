import type { Automaton } from "./automaton.ts";
import { richestKinds } from "./characters.ts";

/**
 * Whether some text can be read in two ways that start and end at the same place of the pattern: then each repetition of
 * it doubles the ways, and the time of a matcher that tries all of them. Nothing else makes it exponential.
 */
export function isExponential({ reads, edges }: Automaton): boolean {
  const overlaps = overlapsOf(reads.length, richestKinds(reads));
  const reached = edges.map((_, state) => reachable(state, (from) => edges[from]!.keys()));
  const done = new Set<number>();
  for (const state of edges.keys()) {
    if (done.has(state) || !reached[state]!.has(state)) continue;
    const loop = new Set([...reached[state]!].filter((other) => reached[other]!.has(state)));
    for (const one of loop) done.add(one);
    if (isAmbiguous(loop, edges, overlaps)) return true;
  }
  return false;
}

function isAmbiguous(
  loop: ReadonlySet<number>,
  edges: Automaton["edges"],
  overlaps: (a: number, b: number) => boolean,
): boolean {
  const size = edges.length;
  const forwards = new Map<number, number[]>();
  const backwards = new Map<number, number[]>();
  const add = (map: Map<number, number[]>, key: number, value: number) => {
    const known = map.get(key);
    if (known) known.push(value);
    else map.set(key, [value]);
  };
  // Two matchers read the same text, and start at one place of the loop.
  const pairs = [...loop].map((state) => state * size + state);
  const seen = new Set(pairs);
  for (const pair of pairs) {
    const [p, q] = [Math.floor(pair / size), pair % size];
    for (const [p2, ways] of edges[p]!) {
      if (!loop.has(p2)) continue;
      if (ways > 1 && p === q) return true;
      for (const q2 of edges[q]!.keys()) {
        if (!loop.has(q2) || !overlaps(p2, q2)) continue;
        const next = p2 * size + q2;
        add(forwards, pair, next);
        add(backwards, next, pair);
        if (!seen.has(next)) pairs.push(next);
        seen.add(next);
      }
    }
  }
  // Where they can meet again, having been apart, they were in a loop apart.
  const meeting = reachable(
    [...loop].map((state) => state * size + state),
    (pair) => backwards.get(pair) ?? [],
  );
  return [...meeting].some((pair) => Math.floor(pair / size) !== pair % size);
}

function overlapsOf(states: number, kinds: readonly (readonly number[])[]): (a: number, b: number) => boolean {
  const together = Array.from({ length: states }, () => new Set<number>());
  for (const kind of kinds) for (const a of kind) for (const b of kind) together[a]!.add(b);
  return (a, b) => together[a]!.has(b);
}

/** What can be got to from one, or from some, in one step or more. */
function reachable(from: number | readonly number[], next: (state: number) => Iterable<number>): Set<number> {
  const found = new Set<number>();
  const queue = typeof from === "number" ? [from] : [...from];
  for (const state of queue) {
    for (const other of next(state)) {
      if (found.has(other)) continue;
      found.add(other);
      queue.push(other);
    }
  }
  return found;
}
