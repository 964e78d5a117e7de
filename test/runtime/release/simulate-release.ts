import { createGuard, type GuardSettings, judge, type Signal } from "../../../runtime/release/guard.ts";

/** How a version behaves, drawn once a task. */
export interface Behaviour {
  /** The part of first tries that fail. */
  readonly errors: number;
  /** ms. */
  readonly duration: (random: () => number) => number;
}

export interface Ending {
  readonly verdict: "promoted" | "rolled back" | "open";
  readonly signal?: Signal;
  readonly step: number;
  /** Tasks of both versions until then. */
  readonly tasks: number;
}

const GUARD: GuardSettings = { errorPoints: 1, slowerPercent: 25 };
const STEPS = [0.01, 0.1, 0.5, 1];

/** A small generator of its own, so that a seed gives the same release. */
export function randomOf(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A value of a log-normal distribution: heavy-tailed where sigma is above 1. */
export function logNormal(medianMs: number, sigma: number) {
  return (random: () => number) =>
    medianMs * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}

/** A rollout that is looked at after every hundred tasks. */
export function simulateRelease(
  stable: Behaviour,
  candidate: Behaviour,
  { seed, mostTasks = 2_000_000 }: { readonly seed: number; readonly mostTasks?: number },
): Ending {
  const random = randomOf(seed);
  const guard = createGuard(GUARD);
  let step = 0;
  guard.begin(0);
  for (let tasks = 1; tasks <= mostTasks; tasks++) {
    const q = STEPS[step]!;
    const isCandidate = random() < q;
    const { errors, duration } = isCandidate ? candidate : stable;
    let failed = random() < errors;
    const tookMs = duration(random);
    guard.observe({ isCandidate, drawnWith: () => q, attempt: 1, outcome: failed ? "retry" : "done", tookMs });
    for (let attempt = 2; failed && attempt <= 3; attempt++) {
      const isCandidatesRetry = random() < q;
      failed = random() < (isCandidatesRetry ? candidate : stable).errors;
      guard.observe({
        isCandidate: isCandidatesRetry,
        drawnWith: () => q,
        attempt,
        outcome: failed ? "retry" : "done",
      });
    }
    if (tasks % 100 > 0) continue;
    const judgement = judge(guard.sums, STEPS[step + 1]!, GUARD);
    if (judgement.kind === "worse") return { verdict: "rolled back", signal: judgement.signal, step, tasks };
    if (judgement.kind === "as good") {
      step++;
      if (step === STEPS.length - 1) return { verdict: "promoted", step, tasks };
      guard.begin(step);
    }
  }
  return { verdict: "open", step, tasks: mostTasks };
}

/** A version that is worse than the one beside it, drawn by a seed. */
export function badVersion(seed: number): { stable: Behaviour; candidate: Behaviour; what: string } {
  const random = randomOf(seed + 900);
  const usual = random() * 0.01;
  const sigma = 0.2 + 0.6 * random();
  const stable: Behaviour = { errors: usual, duration: logNormal(50, sigma) };
  if (seed % 3 === 0) {
    const factor = 1.3 * (10 / 1.3) ** random();
    const what = `${factor.toFixed(2)} times as slow, sigma ${sigma.toFixed(2)}`;
    return { stable, candidate: { errors: usual, duration: logNormal(50 * factor, sigma) }, what };
  }
  const more = 0.02 * 50 ** random();
  const what = `${(100 * more).toFixed(1)} % more errors over ${(100 * usual).toFixed(1)} %`;
  return { stable, candidate: { ...stable, errors: Math.min(1, usual + more) }, what };
}
