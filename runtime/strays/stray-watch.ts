import type { Cancel, Clock } from "../contract/clock.ts";
import type { ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { Stray } from "./strays.ts";

const FIRST_LOOK_MS = 1_000;
const LOOK_EVERY_MS = 600_000;
const REPORT_EVERY_MS = 3_600_000;

/**
 * Looks for strays from time to time, and reports each when it is first seen, and once an hour. During a rolling update
 * what the former workers consume is no stray yet.
 */
export function watchStrays(settings: {
  readonly find: () => Promise<readonly Stray[]>;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}): Cancel {
  const { find, clock, reportProblem } = settings;
  const reportedAt = new Map<string, number>();
  let stopped = false;
  let cancel = clock.after(FIRST_LOOK_MS, look, { background: true });

  async function look(): Promise<void> {
    try {
      for (const stray of await find()) report(stray);
    } catch {
      // A role may work without being let see what else there is; and a broker that is away is told of elsewhere.
    }
    if (!stopped) cancel = clock.after(LOOK_EVERY_MS, look, { background: true });
  }

  function report({ topic, subscription, message }: Stray): void {
    const key = JSON.stringify([topic, subscription]);
    const now = clock.monotonic();
    if (stopped || now - (reportedAt.get(key) ?? Number.NEGATIVE_INFINITY) < REPORT_EVERY_MS) return;
    reportedAt.set(key, now);
    reportProblem(new FivefoldError("stray-events", message));
  }

  return () => {
    stopped = true;
    cancel();
  };
}
