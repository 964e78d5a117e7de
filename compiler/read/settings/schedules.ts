import { ticksOf } from "../../../runtime/schedules/ticks.ts";
import type { Schedule } from "../../settings/kind.ts";
import type { ConstantEntry } from "../constants/constant.ts";
import { suggest } from "../suggestion.ts";
import { reportSetting, type SettingReader, type SettingsScope } from "./reader.ts";
import { named, section } from "./section.ts";
import { describe, duration, functionValue, integer, leaf } from "./values.ts";

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST_NAME = 63;
const MOST_MADE_UP = 10_000;
/** Zones with a number in the place of a name know no daylight saving, and not every system takes them. */
const OFFSET = /^[+-]/;

const cron: SettingReader<string> = (value, entry, path, scope) => {
  const found = value.kind === "primitive" ? value.value : undefined;
  if (typeof found !== "string") {
    const example = `${leaf(path)}: "0 3 * * *"`;
    return reportSetting("wrong-setting", { path, expected: "a cron", found: describe(value), example }, entry, scope);
  }
  const pattern = found.trim().replace(/\s+/g, " ");
  try {
    if (ticksOf({ cron: pattern, timeZone: "UTC" }).next(0) !== Number.POSITIVE_INFINITY) return pattern;
    return reportSetting("bad-cron", { path, found, reason: "it names no day that there ever is" }, entry, scope);
  } catch (error) {
    return reportSetting("bad-cron", { path, found, reason: reasonOf(error as Error) }, entry, scope);
  }
};

/** What the library says, as half a sentence. */
function reasonOf({ message }: Error): string {
  const reason = message.replace(/^Cron\w+: /, "").replace(/[.\s]+$/, "");
  return reason.charAt(0).toLowerCase() + reason.slice(1);
}

const timeZone: SettingReader<string> = (value, entry, path, scope) => {
  const found = value.kind === "primitive" ? value.value : undefined;
  if (typeof found !== "string") {
    const parameters = {
      path,
      expected: "a time zone's name",
      found: describe(value),
      example: `${leaf(path)}: "UTC"`,
    };
    return reportSetting("wrong-setting", parameters, entry, scope);
  }
  if (isTimeZone(found)) return found;
  const near = suggest(found, Intl.supportedValuesOf("timeZone"));
  return reportSetting("unknown-time-zone", { path, found, near }, entry, scope);
};

function isTimeZone(name: string): boolean {
  if (OFFSET.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const period = duration("1s", "365d");

/** In whole ms. */
const every: SettingReader<number> = (value, entry, path, scope) => {
  const ms = period(value, entry, path, scope);
  return ms === undefined ? undefined : Math.round(ms);
};

const allMissed = section({ all: integer(1, MOST_MADE_UP) }, { required: ["all"], example: "{ all: 24 }" });

/** How many are made up for. */
const missed: SettingReader<number> = (value, entry, path, scope) => {
  if (value.kind === "object") return allMissed(value, entry, path, scope)?.all;
  const found = value.kind === "primitive" ? value.value : undefined;
  if (found === "skip") return 0;
  if (found === "latest") return 1;
  const expected = 'one of "skip", "latest", { all: 24 }';
  return reportSetting(
    "wrong-setting",
    { path, expected, found: describe(value), example: 'missed: "skip"' },
    entry,
    scope,
  );
};

const parts = section(
  { cron, timeZone, every, missed, event: functionValue },
  { required: ["event"], example: '{ cron: "0 3 * * *", event: (tick) => … }' },
);

const schedule: SettingReader<Omit<Schedule, "name">> = (value, entry, path, scope) => {
  const read = parts(value, entry, path, scope);
  if (!read || value.kind !== "object") return undefined;
  const [hasCron, hasEvery] = [value.entries.has("cron"), value.entries.has("every")];
  if (hasCron === hasEvery || (hasEvery && value.entries.has("timeZone"))) {
    const found = hasCron ? "has both" : hasEvery ? "has a time zone, which `every` does not go by" : "has neither";
    return reportSetting("bad-schedule", { path, found }, entry, scope);
  }
  const { cron, every, timeZone = "UTC", missed = 1 } = read;
  if (cron !== undefined) return { cron, timeZone, missed };
  return every === undefined ? undefined : { everyMs: every, missed };
};

const byName = named(schedule);

/** A use case's schedules, in the order in which they are written. */
export const schedules: SettingReader<readonly Schedule[]> = (value, entry, path, scope) => {
  const read = byName(value, entry, path, scope);
  if (!read || value.kind !== "object") return undefined;
  for (const [name, inner] of value.entries) checkName(name, inner, path, scope);
  return read.size === 0 ? undefined : Array.from(read, ([name, one]) => ({ name, ...one }));
};

function checkName(name: string, { name: node }: ConstantEntry, path: string, scope: SettingsScope): void {
  if (NAME.test(name) && name.length <= LONGEST_NAME) return;
  scope.report("bad-schedule-name", scope.span(node), { path, name, longest: LONGEST_NAME });
}
