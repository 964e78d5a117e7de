import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../runtime/contract/clock.ts";

/*
 * A world of processes whose calls to their stores happen one at a time, in an order that is drawn. A process that calls
 * a store waits at a gate until it is its turn; it may be killed there, before its call has happened or before it learns
 * the answer; and time may pass meanwhile, as for a process that is paused. Every process has a clock of its own, which
 * differs from the true time.
 */

/** Draws a whole number, 0 ≤ x < n. */
export type Draw = (n: number) => number;

/** Mulberry32 (Tommy Ettinger, public domain): the same numbers for the same seed everywhere. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

export interface WorldProcess {
  readonly name: string;
  /** How far its clock is ahead of the true time. */
  readonly skewMs: number;
  readonly clock: Clock;
  readonly alive: boolean;
  /** Does it when it is this process's turn. Never settles once the process is dead. */
  gate<T>(run: () => Promise<T> | T): Promise<T>;
  /** As SIGKILL. */
  kill(): void;
}

export interface World {
  /** The true time, in ms since the Unix epoch. */
  readonly now: number;
  /** A clock that is that far ahead of the true time. */
  clock(skewMs: number): Clock;
  start(name: string, skewMs: number): WorldProcess;
  /** Lets one thing happen after another until `done`; false where it is not done after so many. */
  run(done: () => boolean, maxSteps: number): Promise<boolean>;
  /** While set, processes are killed, and time passes while they wait. */
  harsh: boolean;
}

export interface WorldOptions {
  readonly draw: Draw;
  /** Told of a process that the world killed. */
  readonly onKill: (process: WorldProcess) => void;
}

/** Where the true time starts: any day that lies in the past, so that it is never ahead of a store's own clock. */
const START_MS = Date.UTC(2020, 0, 1);
/** One of so many calls ends its process, and at one of so many time passes first. */
const KILL_ONE_OF = 40;
const PAUSE_ONE_OF = 12;
/** Longer than any lease. */
const LONGEST_PAUSE_MS = 40_000;

interface Waiting {
  readonly process: WorldProcess;
  readonly pass: (dies: "before" | "after" | undefined) => Promise<void>;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export function createWorld({ draw, onKill }: WorldOptions): World {
  let now = START_MS;
  let order = 0;
  let waiting: Waiting[] = [];
  const timers = new Set<Timer>();

  function firstTimer(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }

  function pass(ms: number): void {
    const end = now + ms;
    for (let timer = firstTimer(); timer && timer.at <= end; timer = firstTimer()) {
      timers.delete(timer);
      now = Math.max(now, timer.at);
      timer.run();
    }
    now = end;
  }

  function clockOf(skewMs: number, isAlive: () => boolean): Clock {
    const after: Clock["after"] = (delayMs, run) => {
      const timer = { at: now + Math.max(0, delayMs), order: order++, run: () => isAlive() && run() };
      timers.add(timer);
      return () => timers.delete(timer);
    };
    return {
      now: () => Math.floor(now + skewMs),
      monotonic: () => now,
      after,
      soon: (run) => void after(0, run),
      random: () => draw(2 ** 30) / 2 ** 30,
      randomId: (length) => Array.from({ length }, () => draw(36).toString(36)).join(""),
    };
  }

  function start(name: string, skewMs: number): WorldProcess {
    let alive = true;
    const process: WorldProcess = {
      name,
      skewMs,
      clock: clockOf(skewMs, () => alive),
      get alive() {
        return alive;
      },
      kill() {
        alive = false;
        waiting = waiting.filter((one) => one.process !== process);
      },
      gate<T>(run: () => Promise<T> | T): Promise<T> {
        return new Promise<T>((resolve, reject) => {
          if (!alive) return;
          waiting.push({
            process,
            async pass(dies) {
              if (dies === "before") return process.kill();
              let answer: () => void;
              try {
                const value = await run();
                answer = () => resolve(value);
              } catch (error) {
                answer = () => reject(error);
              }
              if (dies === "after") process.kill();
              if (alive) answer();
            },
          });
        });
      },
    };
    return process;
  }

  const world: World = {
    get now() {
      return now;
    },
    harsh: true,
    clock: (skewMs) => clockOf(skewMs, () => true),
    start,
    async run(done, maxSteps) {
      for (let step = 0; step < maxSteps; step++) {
        // All that follows from the last step runs until it waits at a gate or for a timer.
        await turn();
        await turn();
        if (done()) return true;
        if (world.harsh && draw(PAUSE_ONE_OF) === 0) {
          pass(draw(2) === 0 ? draw(100) : draw(LONGEST_PAUSE_MS));
          continue;
        }
        if (waiting.length === 0) {
          const timer = firstTimer();
          if (!timer) return false;
          pass(Math.max(0, timer.at - now));
          continue;
        }
        const [next] = waiting.splice(draw(waiting.length), 1) as [Waiting];
        const dies = world.harsh && draw(KILL_ONE_OF) === 0;
        await next.pass(dies ? (["before", "after"] as const)[draw(2)] : undefined);
        if (dies) onKill(next.process);
      }
      return done();
    },
  };
  return world;
}
