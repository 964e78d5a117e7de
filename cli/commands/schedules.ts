import { scheduleText } from "../../compiler/settings/kind.ts";
import { Fault } from "../../loader/fault.ts";
import { findProject } from "../../loader/project.ts";
import type { ScheduleSettings } from "../../runtime/contract/schedule.ts";
import { type Ticks, ticksOf } from "../../runtime/schedules/ticks.ts";
import { builtUseCases } from "../project-runtime.ts";
import { colorsOf, say, sayJson } from "../terminal.ts";

export interface SchedulesOptions {
  readonly count: string;
  readonly json?: boolean;
  readonly root?: string;
}

const MOST = 1_000;

/** `fivefold schedules [use-case...]`: when they tick next, by the clock of this machine. */
export async function listSchedules(names: readonly string[], options: SchedulesOptions): Promise<void> {
  const count = Number(options.count);
  if (!Number.isInteger(count) || count < 1 || count > MOST) {
    throw new Fault("usage", `--count takes a whole number from 1 to ${MOST}; found '${options.count}'.`);
  }
  const rows = nextOfSchedules(await builtUseCases(findProject(options.root), names), count);
  if (options.json) {
    const schedules = rows.map(({ useCase, schedule: { name, ...settings }, next }) => ({
      ...{ useCase, schedule: name, ...settings },
      next: next.map((at) => new Date(at).toISOString()),
    }));
    return sayJson({ ok: true, schedules });
  }
  const { bold, dim } = colorsOf(process.stdout);
  if (rows.length === 0) return say("no schedules");
  for (const { useCase, schedule, next } of rows) {
    say(`${bold(`${useCase} ${schedule.name}`)}  ${scheduleText(schedule)}`);
    for (const at of next) say(`  ${new Date(at).toISOString()}${dim(localText(at, schedule.timeZone))}`);
  }
}

/** All schedules with their next ticks, those that come next first. */
export function nextOfSchedules(useCases: Awaited<ReturnType<typeof builtUseCases>>, count: number) {
  const now = Date.now();
  const rows = useCases.flatMap(({ name: useCase, settings }) =>
    (settings.schedules ?? []).map((schedule) => ({ useCase, schedule, next: nextTicks(schedule, now, count) })),
  );
  rows.sort((a, b) => (a.next[0] ?? Number.POSITIVE_INFINITY) - (b.next[0] ?? Number.POSITIVE_INFINITY));
  return rows;
}

function nextTicks(schedule: ScheduleSettings, nowMs: number, count: number): number[] {
  const ticks: Ticks = ticksOf(schedule);
  const next: number[] = [];
  for (let at = ticks.next(nowMs); next.length < count && Number.isFinite(at); at = ticks.next(at)) next.push(at);
  return next;
}

/** As a clock there shows it; empty: in UTC, which is told already. */
function localText(at: number, timeZone: string | undefined): string {
  if (timeZone === undefined || timeZone === "UTC") return "";
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "full", timeStyle: "long" });
  return `  ${format.format(at)}`;
}
