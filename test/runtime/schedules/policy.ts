import { randomNumbers } from "../../random-numbers.ts";
import { createScheduleWorld, type ScheduleWorld } from "./schedule-world.ts";
import { cronOf, minutesOf, type NamedFields, ticksAmong } from "./wall-clock.ts";

/*
 * A run of competing processes that are killed and stopped, under a clock that jumps, and what it should have fired: worked out
 * second by second, as if somebody were always there at once. What a takeover's seconds decide is left open.
 */

/** Longest that ticks wait for another process to take over: its look, ten seconds of silence, slow stores. */
const TAKEOVER_MS = 20_000;
const LATE_MS = 60_000;
const MINUTE_MS = 60_000;

const SCHEDULES: readonly { readonly name: string; readonly fields: NamedFields; readonly missed: number }[] = [
  { name: "every-five", fields: { minutes: [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55] }, missed: 1 },
  { name: "quarter", fields: { minutes: [0, 15, 30, 45] }, missed: 0 },
  { name: "ten", fields: { minutes: [2, 12, 22, 32, 42, 52] }, missed: 3 },
  { name: "night", fields: { minutes: [30], hours: [1, 2, 3] }, missed: 1 },
];

interface Decision {
  readonly schedule: string;
  readonly at: number;
  readonly isFired: boolean;
  readonly isOpen: boolean;
}

export interface RunOptions {
  readonly seed: number;
  readonly timeZone: string;
  readonly startMs: number;
  readonly minutes: number;
  /** Without: five processes compete, and nothing happens to them. */
  readonly harm: boolean;
}

/** What is wrong with a run; empty: nothing. */
export async function faultsOfRun({ seed, timeZone, startMs, minutes, harm }: RunOptions): Promise<string[]> {
  const random = randomNumbers(seed);
  const world = createScheduleWorld({ seed, startMs, slowMs: 200, failing: harm ? 2 : 0 });
  const settings = SCHEDULES.map(({ name, fields, missed }) => ({ name, cron: cronOf(fields), timeZone, missed }));
  const shown = minutesOf(timeZone, startMs - 1440 * MINUTE_MS, startMs + (minutes + 1440) * MINUTE_MS);
  const all = new Map(SCHEDULES.map(({ name, fields }) => [name, ticksAmong(shown, fields)]));
  const start = () => world.start(settings);
  for (let i = 0; i < 5; i++) start();

  const decisions: (Decision & { readonly trueMs: number })[] = [];
  const decided = new Map(SCHEDULES.map(({ name }) => [name, startMs]));
  const harmed: number[] = [];
  const outages: number[] = [];
  const end = world.clock.now() + minutes * MINUTE_MS;
  let harmAt = world.clock.now() + 90_000;
  let backAt = Number.POSITIVE_INFINITY;
  while (world.clock.now() < end) {
    await world.clock.advance(1_000);
    const now = world.clock.now();
    if (now >= backAt) {
      for (let i = 0; i < 3; i++) start();
      backAt = Number.POSITIVE_INFINITY;
      harmAt = now + 90_000;
    } else if (harm && now >= harmAt && backAt === Number.POSITIVE_INFINITY) {
      harmed.push(now);
      harmAt = now + 60_000 + random() * 120_000;
      const backMs = await harmSomebody(world, random, start);
      if (backMs > 0) outages.push(now);
      if (backMs > 0) backAt = now + backMs;
    }
    if (world.living.size > 0) decideAll(world, all, decided, decisions);
  }
  await world.clock.advance(TAKEOVER_MS);
  return compare(world, decisions, { all, harmed, outages, startMs });
}

/** Answers for how long nobody is there. */
async function harmSomebody(world: ScheduleWorld, random: () => number, start: () => number): Promise<number> {
  const living = [...world.living];
  const one = living[Math.floor(random() * living.length)]!;
  const what = random();
  if (what < 0.3) {
    world.kill(one);
    start();
  } else if (what < 0.45) {
    await world.stop(one);
    start();
  } else if (what < 0.6) world.pause(one, 1_000 + random() * 40_000);
  else if (what < 0.75) world.jump(MINUTE_MS * (1 + random() * 50));
  else if (what < 0.85) world.jump(-MINUTE_MS * (1 + random() * 20));
  else {
    for (const process of living) world.kill(process);
    return MINUTE_MS * (1 + random() * 15);
  }
  return 0;
}

/** What is to become of all that has come due, if somebody sees it now. */
function decideAll(
  world: ScheduleWorld,
  all: ReadonlyMap<string, readonly number[]>,
  decided: Map<string, number>,
  decisions: (Decision & { readonly trueMs: number })[],
): void {
  const now = world.now();
  for (const { name, missed } of SCHEDULES) {
    const ticks = all.get(name)!;
    const pending = ticks.filter((at) => at > decided.get(name)! && at <= now);
    const fresh = pending.filter((at) => now - at <= LATE_MS).length;
    const isSoonAnother = ticks.some((at) => at > now && at <= now + TAKEOVER_MS);
    for (const [i, at] of pending.entries()) {
      const isFired = pending.length - i <= Math.max(missed, fresh);
      const isLate = now - at > LATE_MS;
      const isOpen = isLate ? isSoonAnother : now - at > LATE_MS - TAKEOVER_MS;
      decisions.push({ schedule: name, at, isFired, isOpen, trueMs: world.clock.now() });
    }
    if (pending.length > 0) decided.set(name, pending.at(-1)!);
  }
}

function compare(
  world: ScheduleWorld,
  decisions: readonly (Decision & { readonly trueMs: number })[],
  run: {
    readonly all: ReadonlyMap<string, readonly number[]>;
    readonly harmed: readonly number[];
    readonly outages: readonly number[];
    readonly startMs: number;
  },
): string[] {
  const faults: string[] = [];
  const name = (schedule: string, at: number) => `${schedule} ${new Date(at).toISOString()}`;
  const fires = Map.groupBy(world.fired, ({ schedule, at }) => name(schedule, at));
  for (const { schedule, at, isFired, isOpen, trueMs } of decisions) {
    const isBeforeOutage = run.outages.some((outage) => outage >= trueMs && outage - trueMs < TAKEOVER_MS);
    const tick = name(schedule, at);
    if (isOpen || isBeforeOutage || isFired === fires.has(tick)) continue;
    faults.push(`${tick} ${isFired ? "was not fired" : "was fired, and is over"}`);
  }
  const known = new Set(decisions.map(({ schedule, at }) => name(schedule, at)));
  for (const [tick, [first, ...more]] of fires) {
    const { schedule, at, wallMs, trueMs } = first!;
    if (!run.all.get(schedule)!.includes(at)) faults.push(`${tick} is no tick`);
    if (wallMs < at) faults.push(`${tick} was fired ${at - wallMs} ms early`);
    if (!known.has(tick)) faults.push(`${tick} was fired before it came due`);
    for (const again of more) {
      const isExplained = run.harmed.some((ms) => Math.abs(ms - trueMs) < MINUTE_MS);
      const isFailure = world.problems.length > 0;
      if (!isExplained && !isFailure) faults.push(`${tick} was fired again by ${again.process} without a cause`);
    }
  }
  return faults;
}
