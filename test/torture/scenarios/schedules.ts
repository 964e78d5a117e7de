import { faultsOfRun } from "../../runtime/schedules/policy.ts";
import type { Scenario } from "../scenario.ts";

const MINUTE_MS = 60_000;
/** Changes of the clock, in UTC. */
const CHANGES: readonly (readonly [timeZone: string, change: string])[] = [
  ["Europe/Berlin", "2027-03-28T01:00Z"],
  ["Europe/Berlin", "2027-10-31T01:00Z"],
  ["America/New_York", "2027-03-14T07:00Z"],
  ["America/New_York", "2027-11-07T06:00Z"],
  ["Australia/Lord_Howe", "2027-04-03T15:00Z"],
  ["Australia/Lord_Howe", "2027-10-02T15:30Z"],
];

/**
 * Five processes compete for schedules over a change of the clock, are killed, stopped and left without a store that answers, and
 * the clock jumps: each tick is fired as its policy says, in virtual time.
 */
const scenario: Scenario = {
  async run({ seed, until }) {
    const faults: string[] = [];
    const did = { runs: 0, minutes: 0 };
    for (let next = seed; performance.now() < until; next++) {
      const [timeZone, change] = CHANGES[next % CHANGES.length]!;
      const run = { seed: next, timeZone, startMs: Date.parse(change) - 70 * MINUTE_MS, minutes: 140, harm: true };
      for (const fault of await faultsOfRun(run)) faults.push(`seed ${next} (${timeZone}): ${fault}`);
      did.runs += 1;
      did.minutes += run.minutes;
    }
    return { did, faults };
  },
};

export default scenario;
