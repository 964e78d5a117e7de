import type { Clock } from "./contract/clock.ts";
import type { ReportProblem } from "./contract/contract.ts";
import { FivefoldError } from "./contract/errors.ts";

const AGAIN_AFTER_MS = 60_000;
/** Texts that are remembered: those that name a task or a time hardly come again. */
const MAX_TEXTS = 1_000;

/**
 * Tells of a problem at once, and of the same again once a minute at most, with how often it came meanwhile: what is tried
 * again twice a second by hundreds of subscriptions would bury all else.
 */
export function reportSeldom(report: ReportProblem, clock: Clock): ReportProblem {
  const told = new Map<string, { at: number; repeats: number }>();
  return (problem) => {
    const now = clock.monotonic();
    const last = told.get(problem.message);
    if (last && now - last.at < AGAIN_AFTER_MS) {
      last.repeats += 1;
      return;
    }
    if (told.size >= MAX_TEXTS) told.clear();
    told.set(problem.message, { at: now, repeats: 0 });
    if (!last || last.repeats === 0) return report(problem);
    const times = last.repeats === 1 ? "once" : `${last.repeats} times`;
    const message = `${problem.message} (${times} more in the last ${Math.round((now - last.at) / 1_000)} s)`;
    report(new FivefoldError(problem.code, message, { cause: problem, mayBeStored: problem.mayBeStored }));
  };
}
