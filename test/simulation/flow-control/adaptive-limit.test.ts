import { describe, expect, test } from "vitest";
import { createAdaptiveLimit } from "../../../runtime/flow-control/adaptive-limit.ts";
import { scoreCapacitySteps } from "./capacity-steps.ts";
import type { Distribution } from "./random.ts";

/* `npm run bench flow-control` runs the same with 200 seeds, beside other limits. */

const SEEDS = [7_919, 15_838];
const createLimit = (now: () => number) => createAdaptiveLimit({ max: 512, now });

describe("workers that share a service whose capacity falls to a quarter and comes back", () => {
  const cases = (["exponential", "lognormal", "bimodal"] as const).flatMap((distribution) =>
    [1, 4, 8].map((workers) => [distribution, workers] as const),
  );
  test.each(cases)("service times %s, %i workers: it is busy, and nobody waits long", (distribution, workers) => {
    const scores = SEEDS.map((seed) =>
      scoreCapacitySteps({ seed, workers, slots: 16 * workers, distribution, meanMs: 50, createLimit }),
    );
    for (const { goodput, phases, p99 } of scores) {
      expect(goodput).toBeGreaterThan(0.95);
      for (const phase of phases) expect(phase).toBeGreaterThan(0.9);
      expect(p99).toBeLessThan(2);
    }
  });
});

test.each<Distribution>(["fixed", "exponential"])("service times %s: no worker is left out", (distribution) => {
  const means: { sum: number; count: number }[] = [];
  const create = (now: () => number) => {
    const limit = createLimit(now);
    const mean = { sum: 0, count: 0 };
    means.push(mean);
    const observe = (durationMs: number, endedAt: number) => {
      limit.observe(durationMs, endedAt);
      mean.sum += limit.current();
      mean.count++;
    };
    return { ...limit, observe };
  };
  const phases = [{ lengthMs: 60_000, share: 1 }];
  scoreCapacitySteps({ seed: 3, workers: 4, slots: 64, distribution, meanMs: 50, createLimit: create }, phases);
  const limits = means.map(({ sum, count }) => sum / count);
  expect(Math.max(...limits) / Math.min(...limits)).toBeLessThan(2.5);
});
