import {
  addEvidence,
  boundsOf,
  type Evidence,
  factorOf,
  NO_RISK,
  NO_TILT,
  withFailure,
  withValue,
} from "./label-test.ts";
import { createRanks } from "./ranks.ts";

/** In what a candidate can be worse. `invalid`: what its `validate` found. */
export type Signal = "errors" | "retries" | "deadLetters" | "latency" | "invalid";

/** How a try ended that was drawn for one of the versions. */
export interface Observation {
  readonly isCandidate: boolean;
  /** The probability with which it was drawn for the candidate. `undefined`: it must not count for that signal. */
  readonly drawnWith: (signal: Signal) => number | undefined;
  /** 1 for the first. */
  readonly attempt: number;
  readonly outcome: "done" | "retry" | "reject";
  readonly isInvalid?: boolean | undefined;
  /** How long its handler ran. Absent: it was not called, or must not count. */
  readonly tookMs?: number | undefined;
}

/** What one process has seen of a rollout; those of several processes add up. */
export interface Sums {
  readonly step: number;
  /** Against a candidate as good as the stable version, over all steps. */
  readonly worse: Readonly<Record<Signal, Evidence>>;
  /** Against a candidate that is slower by the margin, in this step. */
  readonly notSlower: Evidence;
  /** First tries of this step, and those that failed. */
  readonly candidate: Tries;
  readonly stable: Tries;
  /** Tries that the candidate has had in all steps. */
  readonly taken: number;
}

export interface Tries {
  readonly tried: number;
  readonly failed: number;
}

/** How much worse a candidate may be and still go on. */
export interface GuardSettings {
  /** Percentage points of first tries that may fail more. */
  readonly errorPoints: number;
  /** Percent by which tasks may take longer. */
  readonly slowerPercent: number;
}

/** The probability of rolling back a candidate that is as good: a part of it for each signal. */
const FALSE_ALARM: Readonly<Record<Signal, number>> = {
  errors: 0.002,
  latency: 0.001,
  deadLetters: 0.001,
  retries: 0.0005,
  invalid: 0.0005,
};
/** The probability of letting go on what is worse than the margin. */
const FALSE_PASS = 0.02;
/** Up to this part of the margin slower is nobody's loss: processes and machines differ. */
const TOLERATED = 0.2;
/** Before a candidate takes half of the tasks, it must have been shown to be within the margin. */
const HALF = 0.5;
/** Before it takes less than that, so many more of its tasks may fail: little is at stake, and few tasks show more. */
const EARLY_MARGIN = 0.4;

const NO_TRIES: Tries = { tried: 0, failed: 0 };

function emptySums(step: number): Sums {
  return {
    step,
    worse: { errors: NO_RISK, retries: NO_RISK, deadLetters: NO_RISK, invalid: NO_RISK, latency: NO_TILT },
    notSlower: NO_TILT,
    candidate: NO_TRIES,
    stable: NO_TRIES,
    taken: 0,
  };
}

/** What all of them have seen, in `step` where it counts by steps. */
export function addSums(all: readonly Sums[], step: number): Sums {
  const { worse, notSlower, candidate, stable } = emptySums(step);
  const signals = Object.keys(worse) as Signal[];
  const ofStep = all.filter((one) => one.step === step);
  return {
    step,
    worse: Object.fromEntries(
      signals.map((signal) => [signal, all.map((one) => one.worse[signal]).reduce(addEvidence, worse[signal])]),
    ) as Record<Signal, Evidence>,
    notSlower: ofStep.map((one) => one.notSlower).reduce(addEvidence, notSlower),
    candidate: ofStep.map((one) => one.candidate).reduce(addTries, candidate),
    stable: ofStep.map((one) => one.stable).reduce(addTries, stable),
    taken: all.reduce((sum, { taken }) => sum + taken, 0),
  };
}

function addTries(a: Tries, b: Tries): Tries {
  return { tried: a.tried + b.tried, failed: a.failed + b.failed };
}

/** Sees tries end, and keeps what they say of the candidate. */
export function createGuard(settings: GuardSettings): {
  readonly sums: Sums;
  observe(seen: Observation): void;
  /** Begins a step: what counts by steps is counted anew. */
  begin(step: number): void;
} {
  const margin = 1 + settings.slowerPercent / 100;
  const tolerated = 1 + (TOLERATED * settings.slowerPercent) / 100;
  const ranks = createRanks();
  let sums = emptySums(0);

  function seeDuration({ isCandidate, drawnWith }: Observation, tookMs: number): void {
    const q = drawnWith("latency");
    if (q === undefined) return;
    const worse = ranks.of(isCandidate ? tookMs / tolerated : tookMs);
    const shifted = ranks.of(isCandidate ? tookMs / margin : tookMs);
    ranks.add(tookMs);
    if (worse === undefined || shifted === undefined) return;
    sums = {
      ...sums,
      worse: { ...sums.worse, latency: withValue(sums.worse.latency, isCandidate, q, worse) },
      notSlower: withValue(sums.notSlower, isCandidate, q, shifted, { below: true }),
    };
  }

  return {
    get sums() {
      return sums;
    },
    begin(step) {
      const { worse, taken } = sums;
      sums = { ...emptySums(step), worse, taken };
    },
    observe(seen) {
      const { isCandidate, drawnWith, attempt, outcome, isInvalid, tookMs } = seen;
      const failed = outcome === "done" ? 0 : 1;
      if (isCandidate) sums = { ...sums, taken: sums.taken + 1 };
      if (attempt === 1) {
        const whose = isCandidate ? "candidate" : "stable";
        sums = { ...sums, [whose]: addTries(sums[whose], { tried: 1, failed }) };
      }
      const signals: Signal[] = [];
      if (failed && attempt === 1) signals.push("errors");
      if (failed && attempt === 2) signals.push("retries");
      if (outcome === "reject") signals.push("deadLetters");
      if (isInvalid) signals.push("invalid");
      for (const signal of signals) {
        const q = drawnWith(signal);
        if (q !== undefined) count(signal, isCandidate, q);
      }
      if (!failed && attempt === 1 && tookMs !== undefined) seeDuration(seen, tookMs);
    },
  };

  function count(signal: Signal, isCandidate: boolean, q: number): void {
    sums = { ...sums, worse: { ...sums.worse, [signal]: withFailure(sums.worse[signal], isCandidate, q) } };
  }
}

/** What follows from what was seen. `odds`: by how much it speaks against a candidate that is as good. */
export type Judgement =
  | { readonly kind: "worse"; readonly signal: Signal; readonly odds: number }
  | { readonly kind: "as good" }
  | { readonly kind: "open"; readonly waitsFor: string };

/** Judges a candidate that takes a share now, and would take `next` (0 to 1) after this step. */
export function judge(sums: Sums, next: number, settings: GuardSettings): Judgement {
  for (const [signal, alpha] of Object.entries(FALSE_ALARM) as [Signal, number][]) {
    const odds = factorOf(sums.worse[signal]);
    if (odds >= 1 / alpha) return { kind: "worse", signal, odds };
  }
  const { candidate, stable } = sums;
  const usual = stable.tried === 0 ? 0 : stable.failed / stable.tried;
  const margin = (next < HALF ? EARLY_MARGIN : settings.errorPoints / 100) + usual / 2;
  const { high } = boundsOf(candidate.failed, candidate.tried, FALSE_PASS / 2);
  const { low } = boundsOf(stable.failed, stable.tried, FALSE_PASS / 2);
  const most = Math.max(0, high - low);
  if (most > margin) {
    return {
      kind: "open",
      waitsFor: `up to ${percent(most)} more errors are possible, ${percent(margin)} are allowed`,
    };
  }
  if (next >= HALF && factorOf(sums.notSlower) < 1 / FALSE_PASS) {
    return { kind: "open", waitsFor: `it may be ${settings.slowerPercent} % slower` };
  }
  return { kind: "as good" };
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
