import type { Labels, Sample } from "./exposition.ts";

/** A distribution of durations. */
export interface Histogram {
  /** Counts one duration, in ms, `times` times (default 1). One below 0, from clocks that differ, counts as 0. */
  observe(durationMs: number, times?: number): void;
  /** As Prometheus wants it: cumulative, in seconds. */
  samples(labels: Labels): Sample[];
}

/** Upper bounds in ms: from a handler that does nothing to half an hour of waiting. The last holds the rest. */
const BOUNDS_MS = [
  ...[1, 2.5, 5, 10, 25, 50, 100, 250, 500],
  ...[1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 1_800_000],
  Number.POSITIVE_INFINITY,
];

export function createHistogram(): Histogram {
  const counts = new Float64Array(BOUNDS_MS.length);
  let sumMs = 0;
  return {
    observe(durationMs, times = 1) {
      let bucket = 0;
      while (durationMs > BOUNDS_MS[bucket]!) bucket++;
      counts[bucket]! += times;
      if (durationMs > 0) sumMs += durationMs * times;
    },
    samples(labels) {
      let count = 0;
      const buckets = BOUNDS_MS.map((boundMs, i): Sample => {
        count += counts[i]!;
        const le = boundMs === Number.POSITIVE_INFINITY ? "+Inf" : String(boundMs / 1_000);
        return { suffix: "_bucket", labels: { ...labels, le }, value: count };
      });
      return [...buckets, { suffix: "_sum", labels, value: sumMs / 1_000 }, { suffix: "_count", labels, value: count }];
    },
  };
}
