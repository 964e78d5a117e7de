/** Values that ranks are taken among: the last so many. */
const KEPT = 512;
/** Before so many values there are no ranks. */
const FEWEST = 32;
/** So many values later the order is taken anew. */
const SORT_EVERY = 32;

/** Where values lie among the last ones before them, from 0 to 1. A value must be ranked before it is added. */
export function createRanks(): { of(value: number): number | undefined; add(value: number): void } {
  const last = new Float64Array(KEPT);
  let sorted = new Float64Array(0);
  let count = 0;
  return {
    of(value) {
      if (sorted.length < FEWEST) return undefined;
      // Ties get the middle of their places.
      return (countBelow(sorted, value, false) + countBelow(sorted, value, true)) / 2 / sorted.length;
    },
    add(value) {
      last[count++ % KEPT] = value;
      if (count % SORT_EVERY === 0) sorted = last.slice(0, Math.min(count, KEPT)).sort();
    },
  };
}

/** How many are below the value, or equal to it where `orEqual`. */
function countBelow(sorted: Float64Array, value: number, orEqual: boolean): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]! < value || (orEqual && sorted[middle] === value)) from = middle + 1;
    else to = middle;
  }
  return from;
}
