/**
 * Sequential tests of a candidate beside the stable version, valid whenever somebody looks.
 *
 * A task belongs to the candidate by a draw with a known probability `q` that knows nothing of the task. If both versions are
 * alike, then of the tasks that fail (or take long, or …) each is the candidate's with probability q as well, whatever the rate
 * of failures is and however it changes. So each failing task multiplies a likelihood ratio by θ/(θq + 1 − q) where it is the
 * candidate's, and by 1/(θq + 1 − q) where it is not, for "candidates fail θ times as often". That is a martingale under
 * equality, and so is its mean over several θ; by Ville's inequality it reaches 1/α with a probability of at most α, however
 * often it is looked at.
 *
 * Conditioning on the event: M. Lindon, A. Malek, "Anytime-Valid Inference for Multinomial Count Data", NeurIPS 2022
 * (arXiv:2011.03567). Mixtures of likelihood ratios: H. Robbins, "Statistical Methods Related to the Law of the Iterated
 * Logarithm", Annals of Mathematical Statistics 41 (1970). Drawn from blocks, without replacement, the ratio's mean is smaller
 * still: W. Hoeffding, "Probability Inequalities for Sums of Bounded Random Variables", JASA 58 (1963), theorem 4.
 */

/** How much more often the candidate may fail, for the mixture. A candidate that is hardly worse is no loss. */
const RISK_RATIOS = [1.5, 2, 4, 10, 50, 1_000];
/** How much the candidate's values may lie above the stable version's, as exponential tilts of their ranks. */
const TILTS = [0.5, 1, 2, 4, 8];

/** Logarithms of likelihood ratios, one for each alternative. Those of several processes add up. */
export type Evidence = readonly number[];

export const NO_RISK: Evidence = RISK_RATIOS.map(() => 0);
export const NO_TILT: Evidence = TILTS.map(() => 0);

export const addEvidence = (a: Evidence, b: Evidence): Evidence => a.map((one, i) => one + (b[i] ?? 0));

/** Evidence with one more failing task. `q` in (0, 1): the probability with which it would be the candidate's. */
export function withFailure(evidence: Evidence, isCandidate: boolean, q: number): Evidence {
  return evidence.map((log, i) => log + logRatio(RISK_RATIOS[i]!, isCandidate, q));
}

/**
 * Evidence with one more value. `rank` in [0, 1]: where it lies among values before it, of both versions. Large ranks of the
 * candidate count as evidence; with `below`, small ones.
 */
export function withValue(
  evidence: Evidence,
  isCandidate: boolean,
  q: number,
  rank: number,
  { below = false }: { readonly below?: boolean } = {},
): Evidence {
  const from = below ? 0.5 - rank : rank - 0.5;
  // Of mean 1 over evenly spread ranks: the density of the candidate's ranks.
  return evidence.map((log, i) => {
    const tilt = TILTS[i]!;
    const density = (Math.exp(tilt * from) * tilt) / (2 * Math.sinh(tilt / 2));
    return log + logRatio(density, isCandidate, q);
  });
}

function logRatio(ratio: number, isCandidate: boolean, q: number): number {
  return (isCandidate ? Math.log(ratio) : 0) - Math.log(ratio * q + 1 - q);
}

/** By what the evidence multiplies the odds against equality: at 1/α or above, equality is refuted at level α. */
export function factorOf(evidence: Evidence): number {
  const most = Math.max(...evidence);
  return (Math.exp(most) * evidence.reduce((sum, log) => sum + Math.exp(log - most), 0)) / evidence.length;
}

/**
 * Bounds of a probability after `hits` of `count` draws, that hold at all counts at once with probability 1 − `alpha`: those p
 * at which the uniform mixture of likelihood ratios stays below 1/α (Robbins 1970; S. Howard et al., "Time-uniform,
 * nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49 (2021)).
 */
export function boundsOf(hits: number, count: number, alpha: number): { readonly low: number; readonly high: number } {
  if (count === 0) return { low: 0, high: 1 };
  const misses = count - hits;
  const mixture = logGamma(hits + 1) + logGamma(misses + 1) - logGamma(count + 2);
  const isRefuted = (p: number) =>
    mixture - (hits > 0 ? hits * Math.log(p) : 0) - (misses > 0 ? misses * Math.log1p(-p) : 0) >= -Math.log(alpha);
  const mean = hits / count;
  return {
    low: hits === 0 ? 0 : edge(0, mean, isRefuted),
    high: misses === 0 ? 1 : edge(1, mean, isRefuted),
  };
}

/** Where it stops being refuted on the way from `outside` to `inside`. */
function edge(outside: number, inside: number, isRefuted: (p: number) => boolean): number {
  let [refuted, held] = [outside, inside];
  for (let step = 0; step < 40; step++) {
    const middle = (refuted + held) / 2;
    if (isRefuted(middle)) refuted = middle;
    else held = middle;
  }
  return refuted;
}

/** The logarithm of the gamma function from 1 on, by Stirling's series. */
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 10; at++) shift += Math.log(at);
  const series = 1 / (12 * at) - 1 / (360 * at ** 3) + 1 / (1_260 * at ** 5);
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
