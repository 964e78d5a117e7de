import { describe, expect, test } from "vitest";
import { faultsOfRun } from "./policy.ts";
import { createScheduleWorld } from "./schedule-world.ts";
import { changesOf, minutesOf } from "./wall-clock.ts";

const ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];
const RUNS = Number(process.env.PROPERTY_RUNS ?? 1);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The minute from which the zone has another offset. */
function changeIn(timeZone: string, day: number): number {
  const minutes = minutesOf(timeZone, day, day + 24 * HOUR_MS);
  const offsets = minutes.map(({ at, local }) => local - at / MINUTE_MS);
  return minutes[offsets.findIndex((offset) => offset !== offsets[0])]!.at;
}

const changes = ZONES.flatMap((timeZone) =>
  changesOf(timeZone, 2027).map((day) => ({ timeZone, change: changeIn(timeZone, day) })),
);

describe("competing processes over changes of the clock", () => {
  test.each(changes)("fire what policies say: $timeZone, $change", async ({ timeZone, change }) => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const run = { seed, timeZone, startMs: change - 5 * MINUTE_MS, minutes: 6 + 10 * RUNS };
      expect({ seed, faults: await faultsOfRun({ ...run, harm: true }) }).toEqual({ seed, faults: [] });
    }
  });

  test("one of them fires each tick, where nothing happens to it", async () => {
    const { timeZone, change } = changes[0]!;
    expect(await faultsOfRun({ seed: 1, timeZone, startMs: change - 2 * MINUTE_MS, minutes: 5, harm: false })).toEqual(
      [],
    );
  });
});

const START_MS = Date.UTC(2027, 4, 1, 12, 0, 30);
const minutely = { name: "minutely", everyMs: MINUTE_MS, missed: 1 };

describe("a schedule that is changed or removed", () => {
  const ticksOf = (world: ReturnType<typeof createScheduleWorld>, name: string) =>
    world.fired.filter(({ schedule }) => schedule === name).map(({ at }) => (at - START_MS) / 1_000);

  test("ticks as the processes say that started last, beside those of before", async () => {
    const world = createScheduleWorld({ seed: 1, startMs: START_MS });
    world.start([minutely]);
    await world.clock.advance(2 * MINUTE_MS);
    world.start([{ ...minutely, everyMs: 5 * MINUTE_MS }]);
    await world.clock.advance(10 * MINUTE_MS);
    expect(ticksOf(world, "minutely")).toEqual([30, 90, 270, 570]);
  });

  test("leaves nothing to processes that still have it, nor to those that have it again", async () => {
    const world = createScheduleWorld({ seed: 1, startMs: START_MS });
    const old = world.start([minutely]);
    await world.clock.advance(2 * MINUTE_MS);
    world.start([]);
    await world.clock.advance(10 * MINUTE_MS);
    expect(ticksOf(world, "minutely")).toEqual([30, 90]);
    await world.stop(old);
    world.start([minutely]);
    await world.clock.advance(MINUTE_MS);
    const back = (world.now() - START_MS) / 1_000;
    expect(ticksOf(world, "minutely").slice(2)).toEqual([Math.floor((back - 30) / 60) * 60 + 30]);
  });

  test("comes back to the processes of before, where the later ones are gone", async () => {
    const world = createScheduleWorld({ seed: 1, startMs: START_MS });
    world.start([minutely]);
    await world.clock.advance(MINUTE_MS);
    const later = world.start([{ ...minutely, everyMs: HOUR_MS }]);
    await world.clock.advance(MINUTE_MS);
    world.kill(later);
    await world.clock.advance(2 * MINUTE_MS);
    expect(ticksOf(world, "minutely").at(-1)).toBeGreaterThan(150);
  });
});

describe("a clock that was wrong", () => {
  test("by decades does not fire decades of ticks, nor keep a schedule from going on once it is right", async () => {
    const world = createScheduleWorld({ seed: 1, startMs: START_MS });
    world.start([{ ...minutely, missed: 5 }]);
    await world.clock.advance(MINUTE_MS);
    world.jump(20 * 365 * 24 * HOUR_MS);
    await world.clock.advance(MINUTE_MS);
    expect(world.fired.length).toBeLessThanOrEqual(1 + 5 + 1);
    world.jump(-20 * 365 * 24 * HOUR_MS);
    const before = world.fired.length;
    await world.clock.advance(3 * MINUTE_MS);
    expect(world.fired.length - before).toBeGreaterThanOrEqual(2);
  });
});
