import type { Ticks } from "./ticks.ts";

/** A tick that starts within it is none that was missed: another process may have had to take over. */
export const LATE_MS = 60_000;
/** A clock that was set back by more than it had gone wrong before, and its schedules begin anew. */
const WRONG_CLOCK_MS = 86_400_000;

export interface DueTicks {
  /** Those that are to be fired now, in order. */
  readonly fire: readonly number[];
  /** Up to where it is decided, once they are fired, in ms since the Unix epoch. */
  readonly until: number;
}

/**
 * What is due now of a schedule of which all ticks up to `untilMs` are decided: those that are late by a minute at most, and
 * of the missed ones before them as many, the latest, that `makeUp` ticks are fired in all.
 */
export function dueTicks(ticks: Ticks, untilMs: number, nowMs: number, makeUp: number): DueTicks {
  if (untilMs > nowMs + WRONG_CLOCK_MS) return { fire: [], until: nowMs };
  const first = ticks.next(untilMs);
  if (first > nowMs) return { fire: [], until: untilMs };
  const missedUntil = Math.max(untilMs, nowMs - LATE_MS - 1);
  const fresh: number[] = [];
  for (let at = first > missedUntil ? first : ticks.next(missedUntil); at <= nowMs; at = ticks.next(at)) fresh.push(at);
  const rest = makeUp - fresh.length;
  const missed = rest > 0 && first <= missedUntil ? ticks.latest(untilMs, missedUntil, rest) : [];
  const fire = [...missed, ...fresh];
  // Where all were missed and none is made up for, they are over nevertheless.
  return { fire, until: fire.at(-1) ?? missedUntil };
}
