import { Cron } from "croner";
import type { ScheduleSettings } from "../contract/schedule.ts";

/** The moments of a schedule, in ms since the Unix epoch. */
export interface Ticks {
  /** The first one after that time; Infinity: there is none. */
  next(afterMs: number): number;
  /** The latest `count` of those after `afterMs` and up to `untilMs`, in order. */
  latest(afterMs: number, untilMs: number, count: number): number[];
}

/** Five fields, or six with seconds first; `@daily` and the like. */
const FIELDS = /^(@[a-z]+|\S+( \S+){4,5})$/i;
/** What a date may be in JavaScript. */
const LATEST_MS = 8.64e15;

/** When a schedule ticks. Throws an Error where that is no cron, or no time zone. */
export function ticksOf(schedule: Pick<ScheduleSettings, "cron" | "timeZone" | "everyMs">): Ticks {
  const { cron, timeZone, everyMs } = schedule;
  if (cron !== undefined) return cronTicks(cron, timeZone ?? "UTC");
  return everyTicks(everyMs!);
}

/** What tells apart schedules that tick at other times. */
export function timingOf({ cron, timeZone, everyMs }: ScheduleSettings): string {
  return cron === undefined ? `every ${everyMs} ms` : `${cron} ${timeZone}`;
}

/** Whole periods since the Unix epoch: the same for all processes, whenever they were started. */
function everyTicks(everyMs: number): Ticks {
  return {
    next: (afterMs) => (Math.floor(afterMs / everyMs) + 1) * everyMs,
    latest(afterMs, untilMs, count) {
      const ticks: number[] = [];
      for (let at = Math.floor(untilMs / everyMs) * everyMs; at > afterMs && ticks.length < count; at -= everyMs) {
        ticks.unshift(at);
      }
      return ticks;
    },
  };
}

function cronTicks(pattern: string, timeZone: string): Ticks {
  if (!FIELDS.test(pattern.trim().replace(/\s+/g, " "))) {
    throw new Error("it has five fields: minute, hour, day of the month, month, day of the week");
  }
  // A list of hours has times of day, as a single one has: none of them is left out where a clock is put forward.
  const cron = new Cron(pattern, { timezone: timeZone, mode: "5-or-6-parts", fixedTimeRule: "no-wildcard" });
  return {
    next(afterMs) {
      if (afterMs >= LATEST_MS) return Number.POSITIVE_INFINITY;
      return cron.nextRun(new Date(afterMs))?.getTime() ?? Number.POSITIVE_INFINITY;
    },
    latest(afterMs, untilMs, count) {
      // It looks back in whole seconds, from before the one that it is given.
      const before = new Date((Math.floor(untilMs / 1_000) + 1) * 1_000);
      const ticks = cron.previousRuns(count, before).map((date) => date.getTime());
      return ticks.filter((at) => at > afterMs && at <= untilMs).sort((a, b) => a - b);
    },
  };
}
