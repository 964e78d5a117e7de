import type { ScheduleSettings } from "../contract/schedule.ts";
import type { ControlStore } from "../control/control-store.ts";
import { LATE_MS } from "./due-ticks.ts";
import { timingOf } from "./ticks.ts";

/** Up to where it is decided which ticks are fired. */
interface Decided {
  /** When it ticks, as one text: another one is another schedule. */
  readonly timing: string;
  /** In ms since the Unix epoch. */
  readonly until: number;
}

/** What all processes know of one use case's schedules: an entry of the control store, changed by compare-and-swap. */
export interface ScheduleState {
  /** The process that fires ticks; empty: none. */
  readonly holder: string;
  /** Changes as long as the holder lives. */
  readonly beat: number;
  /** By name. Absent: a later version of the use case has none, and none is fired by processes that run already. */
  readonly schedules?: Readonly<Record<string, Decided>> | undefined;
}

const PREFIX = "schedule/";

export const stateKeyOf = (useCase: string): string => `${PREFIX}${useCase}`;

export interface StoredState {
  readonly state: ScheduleState | undefined;
  /** 0: there is none. */
  readonly revision: number;
}

export async function readState(store: ControlStore, useCase: string): Promise<StoredState> {
  const key = stateKeyOf(useCase);
  const found = (await store.list(key)).find((entry) => entry.key === key);
  return found ? { state: stateIn(found.value), revision: found.revision } : { state: undefined, revision: 0 };
}

/** Forgets the schedules of all other use cases than these. */
export async function forgetOtherSchedules(store: ControlStore, useCases: readonly string[]): Promise<void> {
  for (const { key, revision } of await store.list(PREFIX)) {
    if (!useCases.includes(key.slice(PREFIX.length))) await store.put(key, undefined, revision);
  }
}

/** `undefined`: it can't be read, and is written anew. */
function stateIn(text: string): ScheduleState | undefined {
  try {
    const state = JSON.parse(text) as Partial<ScheduleState> | null;
    if (typeof state?.holder !== "string" || !Number.isFinite(state.beat)) return undefined;
    const decided = Object.entries(state.schedules ?? {}).filter(
      ([, one]) => typeof one?.timing === "string" && Number.isFinite(one.until),
    );
    return { ...(state as ScheduleState), ...(state.schedules && { schedules: Object.fromEntries(decided) }) };
  } catch {
    return undefined;
  }
}

/** Whether all of them tick as that state says, and no other one. */
export function agrees(state: ScheduleState, schedules: readonly ScheduleSettings[]): boolean {
  const known = Object.entries(state.schedules ?? {});
  return (
    known.length === schedules.length &&
    schedules.every((schedule) => state.schedules?.[schedule.name]?.timing === timingOf(schedule))
  );
}

/**
 * The state under a new holder. A schedule begins when it is first seen; one that ticks at other times than before, at its
 * change, or with what the change has delayed. Those that are gone are forgotten, and begin anew if they come again.
 */
export function takenOver(
  before: ScheduleState | undefined,
  holder: string,
  schedules: readonly ScheduleSettings[],
  nowMs: number,
): ScheduleState {
  const decided = schedules.map((schedule): [string, Decided] => {
    const timing = timingOf(schedule);
    const known = before?.schedules?.[schedule.name];
    if (known?.timing === timing) return [schedule.name, known];
    return [schedule.name, { timing, until: known ? Math.max(known.until, nowMs - LATE_MS) : nowMs }];
  });
  return { holder, beat: (before?.beat ?? 0) + 1, schedules: Object.fromEntries(decided) };
}
