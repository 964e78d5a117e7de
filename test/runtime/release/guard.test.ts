import { expect, test } from "vitest";
import { boundsOf, factorOf, NO_RISK, NO_TILT, withFailure, withValue } from "../../../runtime/release/label-test.ts";
import { type Behaviour, badVersion, logNormal, randomOf, simulateRelease } from "./simulate-release.ts";

test("releases that are alike go on to the end, whatever fails and however long tasks take", () => {
  for (let seed = 1; seed <= 6; seed++) {
    const random = randomOf(seed + 5_000);
    const both: Behaviour = { errors: random() * 0.05, duration: logNormal(50, 0.5 + 1.5 * random()) };
    expect(simulateRelease(both, both, { seed }), `seed ${seed}`).toMatchObject({ verdict: "promoted" });
  }
});

test("releases that are worse are stopped before they take half of the tasks", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { stable, candidate, what } = badVersion(seed);
    const ending = simulateRelease(stable, candidate, { seed });
    expect(ending.verdict, `seed ${seed}: ${what}`).toBe("rolled back");
    expect(ending.step, `seed ${seed}: ${what}`).toBeLessThan(2);
  }
});

test("looked at after every failure, the odds against an equal candidate pass 100 in fewer than one of a hundred rollouts", () => {
  const random = randomOf(11);
  let alarms = 0;
  for (let rollout = 0; rollout < 1_000; rollout++) {
    const q = [0.01, 0.1, 0.5][rollout % 3]!;
    let evidence = NO_RISK;
    for (let failure = 0; failure < 300; failure++) {
      evidence = withFailure(evidence, random() < q, q);
      if (factorOf(evidence) < 100) continue;
      alarms++;
      break;
    }
  }
  expect(alarms).toBeLessThanOrEqual(10);
});

test("the same holds of how long tasks take", () => {
  const random = randomOf(12);
  let alarms = 0;
  for (let rollout = 0; rollout < 500; rollout++) {
    const q = [0.01, 0.1, 0.5][rollout % 3]!;
    let evidence = NO_TILT;
    for (let task = 0; task < 300; task++) {
      evidence = withValue(evidence, random() < q, q, random());
      if (factorOf(evidence) < 100) continue;
      alarms++;
      break;
    }
  }
  expect(alarms).toBeLessThanOrEqual(8);
});

test("bounds of a probability hold it at all counts at once", () => {
  const random = randomOf(13);
  let missed = 0;
  for (let series = 0; series < 300; series++) {
    const p = random() * 0.2;
    let hits = 0;
    for (let count = 1; count <= 400; count++) {
      if (random() < p) hits++;
      if (count % 20 > 0) continue;
      const { low, high } = boundsOf(hits, count, 0.05);
      if (low <= p && p <= high) continue;
      missed++;
      break;
    }
  }
  expect(missed).toBeLessThanOrEqual(15);
  expect(boundsOf(0, 0, 0.05)).toEqual({ low: 0, high: 1 });
  expect(boundsOf(5, 5, 0.05).high).toBe(1);
});
