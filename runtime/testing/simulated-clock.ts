import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../contract/clock.ts";

/** A clock whose time stands still until it is told to pass. */
export interface SimulatedClock extends Clock {
  /** Runs the next timer that comes due until then, and all that follows from it at once. False: there is none. */
  step(untilMs: number): Promise<boolean>;
  /** Lets `ms` pass: runs, in order, every timer that comes due, and all that follows from it at once. */
  advance(ms: number): Promise<void>;
  /** Lets time pass, timer by timer, until `done` says so; throws after `limitMs` of virtual time. */
  until(done: () => boolean, limitMs: number): Promise<void>;
}

interface Timer {
  readonly at: number;
  /** Timers of one instant run in the order in which they were set. */
  readonly order: number;
  readonly run: () => void;
}

/** Where virtual time starts: an arbitrary day, the same in every run. */
const START_MS = Date.UTC(2030, 0, 1);

/** Mulberry32 (Tommy Ettinger, public domain): small, and the same numbers for the same seed everywhere. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A clock in virtual time, from `startMs` on: the same seed gives the same run, thousands of hours in seconds.
 */
export function createSimulatedClock(seed: number, startMs: number = START_MS): SimulatedClock {
  const random = createRandom(seed);
  const timers = new Set<Timer>();
  let now = startMs;
  let order = 0;

  function set(delayMs: number, run: () => void): Timer {
    const timer = { at: now + Math.max(0, delayMs), order: order++, run };
    timers.add(timer);
    return timer;
  }

  function next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }

  async function step(timer: Timer): Promise<void> {
    timers.delete(timer);
    now = timer.at;
    timer.run();
    // A turn of the real event loop: all promise callbacks that follow have run when it ends.
    await turn();
  }

  async function advance(ms: number): Promise<void> {
    const end = now + ms;
    await turn();
    for (let timer = next(); timer && timer.at <= end; timer = next()) await step(timer);
    now = end;
  }

  return {
    now: () => Math.floor(now),
    monotonic: () => now,
    after(delayMs, run) {
      const timer = set(delayMs, run);
      return () => timers.delete(timer);
    },
    soon: (run) => {
      set(0, run);
    },
    random,
    async step(untilMs) {
      await turn();
      const timer = next();
      if (!timer || timer.at > untilMs) return false;
      await step(timer);
      return true;
    },
    randomId: (length) => Array.from({ length }, () => Math.floor(random() * 36).toString(36)).join(""),
    advance,
    async until(done, limitMs) {
      const end = now + limitMs;
      await turn();
      while (!done()) {
        const timer = next();
        if (!timer) throw new Error("The simulation stands still: nothing is left that could happen.");
        if (timer.at > end) throw new Error(`Not done after ${limitMs} ms of virtual time.`);
        await step(timer);
      }
    },
  };
}
