import { openWorld, type ReleaseFault } from "../../e2e/release/rollout.ts";
import {
  type Behaviour,
  badVersion,
  logNormal,
  randomOf,
  simulateRelease,
} from "../../runtime/release/simulate-release.ts";
import type { Scenario } from "../scenario.ts";

/** Rollouts of equal releases, and of worse ones, in virtual time. */
const ROLLOUTS = 1_000;
/** A bad release must be stopped so soon after its first task that could show it, at a hundred tasks a second. */
const STOPPED_WITHIN_MS = 60_000;
const RATE = 100;

/**
 * Releases in virtual time: of equal ones at most one of a hundred is rolled back, and 99 reach 100 %. Then bad ones as real
 * processes, until the time is over: each is stopped before half of the tasks, within a minute, and no task is lost. `--only
 * virtual` or `--only processes` plays one part; `--size` is the number of rollouts in virtual time.
 */
const scenario: Scenario = {
  async run({ seed, until, size = ROLLOUTS, only = "" }) {
    const faults: string[] = [];
    const did: Record<string, number | string> = {};
    if ("virtual".includes(only)) Object.assign(did, simulateMany(seed, size, faults));
    if ("processes".includes(only)) Object.assign(did, await playBadReleases(seed, until, faults));
    return { did, faults };
  },
};

function simulateMany(seed: number, count: number, faults: string[]) {
  let [rolledBack, promoted, stopped, tasks] = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const random = randomOf(seed + 31 * i);
    const both: Behaviour = { errors: random() * 0.05, duration: logNormal(50, 0.5 + 1.5 * random()) };
    const alike = simulateRelease(both, both, { seed: seed + i });
    if (alike.verdict === "rolled back") rolledBack++;
    if (alike.verdict === "promoted") promoted++;
    tasks += alike.tasks;
    const { stable, candidate } = badVersion(seed + i);
    const bad = simulateRelease(stable, candidate, { seed: seed + i });
    if (bad.verdict === "rolled back" && bad.step < 2) stopped++;
  }
  if (rolledBack > count / 100) faults.push(`${rolledBack} of ${count} equal releases were rolled back`);
  if (promoted < 0.99 * count) faults.push(`${promoted} of ${count} equal releases reached 100 %`);
  if (stopped < 0.98 * count) faults.push(`${stopped} of ${count} bad releases were stopped before half of the tasks`);
  return { rollouts: count, rolledBack, promoted, tasksOfEqual: Math.round(tasks / count), badStopped: stopped };
}

/** What is wrong with a release, drawn by a seed: kinds take turns. */
function faultOf(number: number, random: () => number): ReleaseFault {
  const faults: readonly ReleaseFault[] = [
    { kind: "throw", part: 1 },
    { kind: "slow", factor: 1.3 * (10 / 1.3) ** random() },
    { kind: "throw", part: 0.01 + 0.01 * random() },
    { kind: "hang", part: 0.1 + 0.9 * random() },
    { kind: "throw", part: 0.05 + 0.2 * random() },
    { kind: "crash", part: 0.05 + 0.9 * random() },
    { kind: "tenant" },
    { kind: "old" },
    { kind: "leak", leakMiB: 8 + Math.floor(16 * random()) },
    { kind: "reject", part: 0.05 + 0.9 * random() },
    { kind: "spin", part: 0.05 + 0.9 * random() },
    { kind: "slow", factor: 1.3 },
  ];
  return faults[number % faults.length]!;
}

async function playBadReleases(seed: number, until: number, faults: string[]) {
  const random = randomOf(seed);
  let [played, stopped, slowest, lost] = [0, 0, 0, 0];
  const missed: string[] = [];
  for (let number = 0; performance.now() < until; number++) {
    const fault = faultOf(number, random);
    const ordered = random() < 0.3;
    const what = `${JSON.stringify(fault)}${ordered ? " in order" : ""}`;
    const world = await openWorld({ ordered });
    try {
      await world.start({ release: "a", timeoutMs: 2_000 });
      const feed = world.feed(RATE);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await world.start({ release: "b", timeoutMs: 2_000, fault });
      const end = await world.ended(3 * STOPPED_WITHIN_MS);
      const tookMs = Date.now() - (world.faultAt() ?? Date.now());
      const accepted = await feed.stop();
      const endsAt = Date.now() + 30_000;
      while (missing(world.runs(), accepted) > 0 && Date.now() < endsAt) {
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      played++;
      lost += missing(world.runs(), accepted);
      slowest = Math.max(slowest, tookMs);
      if (end?.verdict === "rolled back" && end.percent < 50 && tookMs <= STOPPED_WITHIN_MS) stopped++;
      else missed.push(`${what}: ${end?.verdict ?? "open"} at ${end?.percent ?? "?"} % after ${tookMs} ms`);
    } finally {
      await world.close();
    }
  }
  if (lost > 0) faults.push(`${lost} tasks were lost (seed ${seed})`);
  if (missed.length > Math.ceil(played / 60))
    faults.push(`of ${played} bad releases: ${missed.join("; ")} (seed ${seed})`);
  return { played, stopped, slowestMs: slowest, missed: missed.join("; ") };
}

function missing(runs: readonly { readonly id: string }[], accepted: readonly string[]): number {
  const ran = new Set(runs.map(({ id }) => id));
  return accepted.filter((id) => !ran.has(id)).length;
}

export default scenario;
