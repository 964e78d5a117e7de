/*
 * When crons tick, worked out without any library of them: every minute of a stretch of time is shown to Intl, and asked
 * whether its fields are named. Slow, and hard to get wrong.
 */

/** What a cron names. Absent: every value. */
export interface NamedFields {
  readonly minutes?: readonly number[];
  readonly hours?: readonly number[];
  readonly days?: readonly number[];
  readonly months?: readonly number[];
  /** 0: Sunday. */
  readonly weekdays?: readonly number[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

interface Minute {
  readonly at: number;
  /** Minutes of the local clock since an arbitrary day, as if there were no daylight saving. */
  readonly local: number;
}

/** All minutes of a stretch of time as the clocks of a zone show them. */
export function minutesOf(timeZone: string, fromMs: number, untilMs: number): readonly Minute[] {
  const format = new Intl.DateTimeFormat("en-US", {
    ...{ timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric" },
  });
  const minutes: Minute[] = [];
  for (let at = fromMs; at < untilMs; at += MINUTE_MS) {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
    minutes.push({ at, local: Date.UTC(year, month - 1, day, hour, minute) / MINUTE_MS });
  }
  return minutes;
}

function isNamed(fields: NamedFields, local: number): boolean {
  const date = new Date(local * MINUTE_MS);
  const has = (named: readonly number[] | undefined, value: number) => named?.includes(value) ?? true;
  const [day, weekday] = [has(fields.days, date.getUTCDate()), has(fields.weekdays, date.getUTCDay())];
  // Where both are restricted, either will do.
  const isDay = fields.days && fields.weekdays ? day || weekday : day && weekday;
  return (
    has(fields.minutes, date.getUTCMinutes()) &&
    has(fields.hours, date.getUTCHours()) &&
    has(fields.months, date.getUTCMonth() + 1) &&
    isDay
  );
}

/**
 * When it ticks in these minutes. Where minutes and hours are all named, a time that is left out comes at the end of the gap,
 * and one that comes twice is meant the first time; else ticks go by the clock alone.
 */
export function ticksAmong(minutes: readonly Minute[], fields: NamedFields): number[] {
  if (!fields.minutes || !fields.hours)
    return minutes.filter(({ local }) => isNamed(fields, local)).map(({ at }) => at);
  const ticks = new Set<number>();
  let shown = minutes[0]!.local - 1;
  for (const { at, local } of minutes) {
    // Of times that were shown before, none is meant; all that were left out are meant now.
    for (let one = shown + 1; one <= local; one++) if (isNamed(fields, one)) ticks.add(at);
    shown = Math.max(shown, local);
  }
  return [...ticks];
}

/** The cron's text. */
export function cronOf({ minutes, hours, days, months, weekdays }: NamedFields): string {
  return [minutes, hours, days, months, weekdays].map((named) => named?.join(",") ?? "*").join(" ");
}

/** The days around both changes of a year, in the order of the year: where in UTC a local day has not 24 hours. */
export function changesOf(timeZone: string, year: number): number[] {
  const offsetAt = (at: number) => minutesOf(timeZone, at, at + MINUTE_MS)[0]!.local - at / MINUTE_MS;
  const changes: number[] = [];
  for (let day = Date.UTC(year, 0, 1); day < Date.UTC(year + 1, 0, 1); day += DAY_MS) {
    if (offsetAt(day) !== offsetAt(day + DAY_MS)) changes.push(day);
  }
  return changes;
}
