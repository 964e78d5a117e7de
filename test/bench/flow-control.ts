/*
 * How well workers use a service whose capacity falls to a quarter and comes back, under the adaptive limit and under
 * others, in virtual time: goodput in terms of capacity once settled, and p99 from permit to outcome in terms of the
 * service's own. `BENCH_SEEDS=200 npm run bench flow-control`; 20 seeds by default.
 */
import { createAdaptiveLimit } from "../../runtime/flow-control/adaptive-limit.ts";
import { scoreCapacitySteps } from "../simulation/flow-control/capacity-steps.ts";
import { aimd, fixed, gradient } from "../simulation/flow-control/peers.ts";
import type { WorkersLimit } from "../simulation/flow-control/service.ts";

const SEEDS = Number(process.env.BENCH_SEEDS ?? 20);
const MOST = 512;

const LIMITS: Readonly<Record<string, (now: () => number) => WorkersLimit>> = {
  adaptive: (now) => createAdaptiveLimit({ max: MOST, now }),
  fixed: () => fixed(MOST),
  aimd: () => aimd(MOST),
  gradient: () => gradient(MOST),
};

for (const [name, createLimit] of Object.entries(LIMITS)) {
  for (const distribution of ["exponential", "lognormal", "bimodal"] as const) {
    for (const workers of [1, 4, 8]) {
      const service = { workers, slots: 16 * workers, distribution, meanMs: 50, createLimit };
      const scores = Array.from({ length: SEEDS }, (_, i) => scoreCapacitySteps({ ...service, seed: 7_919 * (i + 1) }));
      const goodputs = scores.map(({ goodput }) => goodput);
      const latencies = scores.map(({ p99 }) => p99);
      console.log(
        JSON.stringify({
          benchmark: "flow-control",
          limit: name,
          distribution,
          workers,
          seeds: SEEDS,
          goodput: rounded(mean(goodputs)),
          worstGoodput: rounded(Math.min(...goodputs)),
          worstPhase: rounded(Math.min(...scores.flatMap(({ phases }) => phases))),
          p99: rounded(mean(latencies)),
          worstP99: rounded(Math.max(...latencies)),
        }),
      );
    }
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
