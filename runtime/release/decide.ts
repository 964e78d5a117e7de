import type { Seen } from "./evidence.ts";
import { addSums, type GuardSettings, judge, type Signal, type Sums } from "./guard.ts";
import { factorOf } from "./label-test.ts";
import { type ReleaseState, type Rollout, withEnd } from "./release-state.ts";

/** Processes of a candidate that may end before it is taken back. */
const MOST_ENDS = 3;
/** A candidate whose process has ended, and which has none for so long, is taken back. */
const GONE_MS = 15_000;
/** The part of its memory from which on a candidate is about to end. */
const FULL_MEMORY = 0.9;

export interface Standing {
  readonly seen: readonly Seen[];
  /** How long no process of the candidate has been there, in ms; 0: one is. */
  readonly goneMs: number;
  readonly guard: GuardSettings;
  /** The longest that a step waits for evidence, in ms. */
  readonly stepMs: number;
  /** In ms since the Unix epoch. */
  readonly now: number;
}

/** What becomes of a rollout, from what all processes have seen of it; `undefined`: nothing yet. */
export function decide(state: ReleaseState, rollout: Rollout, standing: Standing): ReleaseState | undefined {
  const { seen, goneMs, guard, now } = standing;
  const sums = addSums(
    seen.map((one) => one.sums),
    rollout.step,
  );
  const told = toldOf(sums);
  const ends = Math.max(0, ...seen.map((one) => one.ends));
  const takeBack = (why: string) => withEnd(state, rollout, { verdict: "rolled back", why, ...told }, now);
  if (ends >= MOST_ENDS) return takeBack(`${ends} of its processes ended without having been told to`);
  if (ends > 0 && goneMs >= GONE_MS)
    return takeBack("its process ended without having been told to, and none came back");
  const memory = Math.max(0, ...seen.map((one) => one.memory));
  if (memory >= FULL_MEMORY) return takeBack(`one of its processes uses ${Math.round(100 * memory)} % of its memory`);
  const next = rollout.steps[rollout.step + 1];
  const judgement = judge(sums, (next ?? 100) / 100, guard);
  if (judgement.kind === "worse") return takeBack(reasonOf(judgement.signal, judgement.odds, sums));
  // A candidate that is away shows nothing.
  if (goneMs > 0) return undefined;
  const isOver = now - rollout.since >= standing.stepMs;
  if (judgement.kind === "open" && !isOver) return undefined;
  if (next === undefined || next >= 100) {
    const why =
      isOver && judgement.kind === "open" ? "its time was over, and nothing spoke against it" : "it is as good";
    return withEnd(state, { ...rollout, step: rollout.step + 1 }, { verdict: "promoted", why, ...told }, now);
  }
  return { ...state, rollout: { ...rollout, step: rollout.step + 1, since: now } };
}

const SAID: Readonly<Record<Signal, string>> = {
  errors: "more of its first tries fail",
  retries: "more of its second tries fail",
  deadLetters: "it gives up more tasks",
  latency: "its tasks take longer",
  invalid: "more of what it does is invalid",
};

function reasonOf(signal: Signal, odds: number, { candidate, stable }: Sums): string {
  const part = ({ failed, tried }: Sums["stable"]) => `${failed} of ${tried}`;
  const tries = signal === "errors" ? ` (${part(candidate)} in this step, beside ${part(stable)})` : "";
  return `${SAID[signal]}${tries}: ${odds >= 1e6 ? "over a million" : Math.round(odds)} to 1 against a release as good`;
}

/** What is kept of the evidence. */
function toldOf(sums: Sums) {
  const odds = Object.entries(sums.worse).map(([signal, evidence]) => {
    return [signal, Number(Math.min(factorOf(evidence), 1e12).toPrecision(3))] as const;
  });
  return { tries: { candidate: sums.candidate, stable: sums.stable }, odds: Object.fromEntries(odds) };
}
