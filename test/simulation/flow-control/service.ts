/*
 * A service of `slots` places that workers share, in virtual time: each takes as many tasks at once as its limit allows,
 * demand has no end, and the service works on as many as it has slots while the rest stands in line. Only the limit is
 * production code: it sees the durations that a worker would see.
 */
import { createEvents } from "./events.ts";
import { type Distribution, drawer, uniform } from "./random.ts";

/** What a limit is to a worker of the simulation. */
export interface WorkersLimit {
  current(): number;
  observe(durationMs: number, endedAt: number): void;
  reached(): void;
}

export interface Phase {
  readonly lengthMs: number;
  /** Of its slots. */
  readonly share: number;
}

export interface Service {
  readonly seed: number;
  readonly workers: number;
  readonly slots: number;
  readonly distribution: Distribution;
  readonly meanMs: number;
  readonly phases: readonly Phase[];
  readonly createLimit: (now: () => number) => WorkersLimit;
}

export interface Ended {
  readonly at: number;
  /** From permit to outcome. */
  readonly latencyMs: number;
  /** In service alone. */
  readonly serviceMs: number;
}

interface Task {
  readonly worker: Worker;
  readonly startedAt: number;
  readonly serviceMs: number;
}

interface Worker {
  readonly limit: WorkersLimit;
  inFlight: number;
}

/** Workers look at their limits so often, besides when a task ends. */
const TICK_MS = 50;
/** Wall time at the start: looks of all workers fall on the same moments. */
const EPOCH_MS = 1_700_000_000_000;

/** Runs it through its phases; what ended, in order. */
export function simulateService({ seed, workers, slots, distribution, meanMs, phases, createLimit }: Service): Ended[] {
  const random = uniform(seed);
  const draw = drawer(distribution, meanMs, random);
  const events = createEvents<Task | { readonly slots: number } | "tick">();
  const ended: Ended[] = [];
  const line: Task[] = [];
  let nextInLine = 0;
  let now = 0;
  let open = slots;
  let busy = 0;
  const all = Array.from({ length: workers }, (): Worker => {
    const skewMs = (random() - 0.5) * 20;
    return { limit: createLimit(() => EPOCH_MS + now + skewMs), inFlight: 0 };
  });

  function start(worker: Worker): void {
    while (worker.inFlight < worker.limit.current()) {
      worker.inFlight++;
      line.push({ worker, startedAt: now, serviceMs: draw() });
    }
  }

  function serve(): void {
    while (busy < open && nextInLine < line.length) {
      const task = line[nextInLine++]!;
      busy++;
      events.add(now + task.serviceMs, task);
    }
    if (nextInLine < 10_000) return;
    line.splice(0, nextInLine);
    nextInLine = 0;
  }

  let endsAt = 0;
  for (const { lengthMs, share } of phases) {
    events.add(endsAt, { slots: Math.round(slots * share) });
    endsAt += lengthMs;
  }
  for (let at = 0; at < endsAt; at += TICK_MS) events.add(at, "tick");
  for (let event = events.next(); event && event.at < endsAt; event = events.next()) {
    now = event.at;
    const { what } = event;
    if (what === "tick") for (const worker of all) start(worker);
    else if ("slots" in what) open = what.slots;
    else {
      busy--;
      const { worker, startedAt, serviceMs } = what;
      ended.push({ at: now, latencyMs: now - startedAt, serviceMs });
      if (worker.inFlight >= worker.limit.current()) worker.limit.reached();
      worker.inFlight--;
      worker.limit.observe(now - startedAt, now);
      start(worker);
    }
    serve();
  }
  return ended;
}
