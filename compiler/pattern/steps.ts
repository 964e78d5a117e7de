import { type Automaton, Unbounded } from "./automaton.ts";
import { richestKinds } from "./characters.ts";

/*
 * How many steps a matcher that backtracks can take: at most as many as there are ways to read each beginning of a text.
 * They are counted by the state that they end in, for the texts that have most: of two texts of which one has no more ways
 * to any state than the other, it is left out, and so is what follows it.
 */

/** Ways by the state that they end in. */
type Ways = Float64Array;

/** Steps for one character that are still taken for time in proportion to the text. */
const MOST_STEPS_A_CHARACTER = 256;
/** Steps that take less than 1 ms: V8 takes 1 ns for one, and some 5 ns before it has compiled the pattern. */
const MOST_STEPS = 150_000;
/** Of this many texts at once the rest is taken for one that has the most ways of all of them. */
const MOST_TEXTS = 48;
/** Longer texts than that need no bound. */
const LONGEST = 20_000;
/** Of the counting itself: a fraction of a second. */
const MOST_WORK = 3_000_000;

interface Counting {
  readonly start: (kind: number) => Ways;
  /** After another character of a kind. */
  readonly next: (ways: Ways, kind: number) => Ways;
  readonly kinds: readonly number[];
  readonly stepsOf: (ways: Ways) => number;
  /** Whether a text has no more ways to any state than another. */
  readonly isBelow: (ways: Ways, other: Ways) => boolean;
}

/** The longest text of which each is checked in time: `Infinity` where the time is in proportion to the text. */
export function longestInTime(automaton: Automaton): number {
  const whole = countingOf(automaton, automaton.edges, false);
  const longest = isLinear(whole) ? Infinity : longestOf(whole);
  // A match is looked for from each character on, until one is found: these all are of places where there is none.
  if (automaton.acceptsNothing || automaton.later.size === 0) return longest;
  const { accepting } = automaton;
  const failing = automaton.edges.map((to, from) => {
    return new Map(accepting.has(from) ? [] : [...to].filter(([state]) => !accepting.has(state)));
  });
  const anywhere = countingOf(automaton, failing, true);
  return Math.min(longest, isLinear(anywhere) ? Infinity : longestOf(anywhere));
}

function countingOf(automaton: Automaton, edges: Automaton["edges"], anywhere: boolean): Counting {
  const { reads, atStart, later, accepting } = automaton;
  const size = reads.length;
  const kinds = richestKinds(reads).map((states) => new Set(states));
  const cost = edges.map((to) => 1 + [...to.values()].reduce((a, b) => a + b, 0));
  let work = 0;
  const spend = (amount: number) => {
    work += amount;
    if (work > MOST_WORK) throw new Unbounded("it is too intricate for its time to be known");
  };
  const beginning = (from: ReadonlyMap<number, number>, kind: ReadonlySet<number>): Ways => {
    const ways = new Float64Array(size);
    for (const [state, count] of from) {
      if (kind.has(state) && !(anywhere && accepting.has(state))) ways[state] = count;
    }
    return ways;
  };
  const steps = kinds.map((kind) =>
    edges.flatMap((to, from) =>
      [...to].filter(([state]) => kind.has(state)).map(([state, count]) => [from, state, count] as const),
    ),
  );
  const again = kinds.map((kind) => beginning(anywhere ? later : new Map(), kind));
  return {
    kinds: [...kinds.keys()],
    start: (kind) => beginning(atStart, kinds[kind]!),
    next(ways, kind) {
      spend(steps[kind]!.length + size);
      const result = Float64Array.from(again[kind]!);
      for (const [from, state, count] of steps[kind]!) result[state]! += ways[from]! * count;
      return result;
    },
    stepsOf: (ways) => ways.reduce((total, count, state) => total + count * cost[state]!, anywhere ? later.size : 0),
    isBelow(ways, other) {
      spend(size >> 2);
      return ways.every((count, state) => count <= other[state]!);
    },
  };
}

/** Whether no text, however long, has more ways than that. */
function isLinear({ kinds, start, next, stepsOf, isBelow }: Counting): boolean {
  let most: Ways[] = [];
  const queue: { readonly ways: Ways; readonly steps: number }[] = [];
  const add = (ways: Ways): boolean => {
    if (most.some((other) => isBelow(ways, other))) return true;
    const steps = stepsOf(ways);
    if (steps > MOST_STEPS_A_CHARACTER || most.length > 8 * MOST_TEXTS) return false;
    most = [...most.filter((other) => !isBelow(other, ways)), ways];
    queue.push({ ways, steps });
    return true;
  };
  if (!kinds.every((kind) => add(start(kind)))) return false;
  while (queue.length > 0) {
    // Those with most ways first: what they leave behind need not be followed.
    const best = queue.reduce((found, { steps }, i) => (steps > queue[found]!.steps ? i : found), 0);
    const [{ ways }] = queue.splice(best, 1) as [(typeof queue)[number]];
    if (most.includes(ways) && !kinds.every((kind) => add(next(ways, kind)))) return false;
  }
  return true;
}

function longestOf({ kinds, start, next, stepsOf, isBelow }: Counting): number {
  let texts = kept(kinds.map(start), isBelow);
  let total = 0;
  for (let length = 1; length <= LONGEST; length++) {
    total += Math.max(0, ...texts.map(stepsOf));
    if (total > MOST_STEPS) return length - 1;
    texts = kept(
      texts.flatMap((ways) => kinds.map((kind) => next(ways, kind))),
      isBelow,
    );
  }
  return LONGEST;
}

/** Those that no other one is above, the last of many as one above all of them. */
function kept(texts: readonly Ways[], isBelow: Counting["isBelow"]): Ways[] {
  const most: Ways[] = [];
  const bySum = texts
    .map((ways) => ({ ways, sum: ways.reduce((a, b) => a + b, 0) }))
    .sort((a, b) => b.sum - a.sum)
    .map(({ ways }) => ways);
  for (const ways of bySum) {
    if (most.some((other) => isBelow(ways, other))) continue;
    if (most.length < MOST_TEXTS) most.push(ways);
    else most[MOST_TEXTS - 1] = most[MOST_TEXTS - 1]!.map((count, state) => Math.max(count, ways[state]!));
  }
  return most;
}
