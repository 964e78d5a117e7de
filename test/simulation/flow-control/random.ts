export type Distribution = "exponential" | "lognormal" | "bimodal" | "fixed";

/** Uniform numbers, 0 ≤ x < 1, that follow from the seed (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Service times of that mean, in ms. `lognormal`: σ = 1; `bimodal`: one of ten takes nine times as long as the others. */
export function drawer(distribution: Distribution, meanMs: number, random: () => number): () => number {
  switch (distribution) {
    case "exponential":
      return () => -meanMs * Math.log(1 - random());
    case "lognormal":
      return () => meanMs * Math.exp(normal(random) - 0.5);
    case "bimodal":
      return () => (meanMs / 1.8) * (random() < 0.1 ? 9 : 1) * (0.9 + 0.2 * random());
    case "fixed":
      return () => meanMs;
  }
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The value that 99 of 100 draws are below. */
export function p99Of(distribution: Distribution, meanMs: number): number {
  const draw = drawer(distribution, meanMs, uniform(99));
  return quantile(
    Array.from({ length: 100_000 }, () => draw()),
    0.99,
  );
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(sorted.length * share)] ?? 0;
}
