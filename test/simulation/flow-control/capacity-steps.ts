import { p99Of, quantile } from "./random.ts";
import { type Phase, type Service, simulateService } from "./service.ts";

/** Capacity falls to a quarter and comes back. */
const STEPS: readonly Phase[] = [
  { lengthMs: 20_000, share: 1 },
  { lengthMs: 20_000, share: 0.25 },
  { lengthMs: 20_000, share: 1 },
];

/** After a step it has so long to settle; at the start, where nothing is known, three times that. */
const SETTLES_MS = 1_000;

export interface Score {
  /** Work done in terms of the service's capacity, once settled. */
  readonly goodput: number;
  /** The same of each phase. */
  readonly phases: readonly number[];
  /** p99 of permit to outcome in terms of that of the service alone. */
  readonly p99: number;
}

/** How well workers under a limit use a service whose capacity steps. */
export function scoreCapacitySteps(service: Omit<Service, "phases">, phases = STEPS): Score {
  const ended = simulateService({ ...service, phases });
  const latencies: number[] = [];
  const works: { done: number; could: number }[] = [];
  let startsAt = 0;
  for (const { lengthMs, share } of phases) {
    const from = startsAt + (startsAt === 0 ? 3 : 1) * SETTLES_MS;
    const until = startsAt + lengthMs;
    const inside = ended.filter(({ at }) => at >= from && at < until);
    for (const { latencyMs } of inside) latencies.push(latencyMs);
    const done = inside.reduce((sum, { serviceMs }) => sum + serviceMs, 0);
    works.push({ done, could: Math.round(service.slots * share) * (until - from) });
    startsAt = until;
  }
  const sum = (of: (work: { done: number; could: number }) => number) => works.reduce((all, work) => all + of(work), 0);
  return {
    goodput: sum(({ done }) => done) / sum(({ could }) => could),
    phases: works.map(({ done, could }) => done / could),
    p99: quantile(latencies, 0.99) / p99Of(service.distribution, service.meanMs),
  };
}
