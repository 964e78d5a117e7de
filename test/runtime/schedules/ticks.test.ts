import { describe, expect, test } from "vitest";
import { ticksOf } from "../../../runtime/schedules/ticks.ts";
import { randomNumbers } from "../../random-numbers.ts";
import { changesOf, cronOf, minutesOf, type NamedFields, ticksAmong } from "./wall-clock.ts";

const DAY_MS = 86_400_000;
/** An hour forward and back at night; the same at other times, and in the other half of the year; half an hour. */
const ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "America/Santiago"];
const SEEDS = Number(process.env.PROPERTY_RUNS ?? 1) * 2;

const stretches = ZONES.flatMap((timeZone) =>
  changesOf(timeZone, 2027).map((day) => {
    const [from, until] = [day - DAY_MS / 2, day + 2 * DAY_MS];
    return { timeZone, from, until, minutes: minutesOf(timeZone, from, until) };
  }),
);

function allTicks(cron: string, timeZone: string, from: number, until: number): number[] {
  const ticks = ticksOf({ cron, timeZone });
  const found: number[] = [];
  for (let at = ticks.next(from - 1); at < until; at = ticks.next(at)) found.push(at);
  return found;
}

/** Names that fall on the hours of changes often. */
function randomFields(seed: number): NamedFields {
  const random = randomNumbers(seed);
  const below = (n: number) => Math.floor(random() * n);
  const some = (most: number, pick: () => number) =>
    [...new Set(Array.from({ length: 1 + below(most) }, pick))].sort((a, b) => a - b);
  const hours = random() < 0.7 ? some(3, () => below(random() < 0.7 ? 4 : 24)) : undefined;
  const minutes = !hours || random() < 0.7 ? some(3, () => below(12) * 5) : undefined;
  const weekdays = random() < 0.3 ? some(3, () => below(7)) : undefined;
  const days = random() < 0.2 ? some(8, () => 1 + below(28)) : undefined;
  return { ...(minutes && { minutes }), ...(hours && { hours }), ...(days && { days }), ...(weekdays && { weekdays }) };
}

describe("crons over changes of the clock", () => {
  test("every zone has both changes", () => {
    for (const timeZone of ZONES) expect(changesOf(timeZone, 2027)).toHaveLength(2);
  });

  test.each(stretches)("tick as every minute's clock says: $timeZone, $from", ({ timeZone, from, until, minutes }) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const fields = randomFields(seed);
      const expected = ticksAmong(minutes, fields);
      // At the edge a gap's time may lie on the other side.
      const inside = (at: number) => at >= from + DAY_MS / 4;
      const cron = cronOf(fields);
      const iso = (ats: readonly number[]) => ats.filter(inside).map((at) => new Date(at).toISOString());
      expect({ seed, cron, ticks: iso(allTicks(cron, timeZone, from, until)) }).toEqual({
        seed,
        cron,
        ticks: iso(expected),
      });
      const latest = ticksOf({ cron, timeZone }).latest(from + DAY_MS / 4 - 1, until - 1, expected.length + 1);
      expect({ seed, cron, ticks: iso(latest) }).toEqual({ seed, cron, ticks: iso(expected) });
    }
  });

  test.each([
    ["a time that is left out comes as the gap ends", "30 2 * * *", "2027-03-28", ["01:00"]],
    ["two that are left out come once", "0,30 2 * * *", "2027-03-28", ["01:00"]],
    ["what goes by the hour has one less", "30 * * * *", "2027-03-28", ["00:30", "01:30", "02:30"]],
    ["a time that comes twice is meant the first time", "30 2 * * *", "2027-10-31", ["00:30"]],
    ["what goes by the hour has one more", "30 * * * *", "2027-10-31", ["00:30", "01:30", "02:30"]],
  ])("%s: %s in Berlin on %s", (_, cron, day, times) => {
    const from = Date.parse(`${day}T00:00:00Z`);
    const found = allTicks(cron, "Europe/Berlin", from, from + 3 * 3_600_000);
    expect(found.map((at) => new Date(at).toISOString().slice(11, 16))).toEqual(times);
  });
});

describe("periods", () => {
  test("are whole since the epoch, and the latest are the last of all", () => {
    const ticks = ticksOf({ everyMs: 7_000 });
    expect([ticks.next(0), ticks.next(6_999), ticks.next(7_000), ticks.next(-1)]).toEqual([7_000, 7_000, 14_000, 0]);
    expect(ticks.latest(0, 35_000, 3)).toEqual([21_000, 28_000, 35_000]);
    expect(ticks.latest(28_000, 34_999, 3)).toEqual([]);
  });
});

describe("what is no cron", () => {
  test.each([
    "",
    "* * * *",
    "* * * * * * *",
    "2030-01-01T00:00:00",
    "60 * * * *",
    "*/0 * * * *",
    "a b c d e",
    "1..5 * * * *",
  ])("%j", (cron) => {
    expect(() => ticksOf({ cron, timeZone: "UTC" }).next(0)).toThrow();
  });
});
