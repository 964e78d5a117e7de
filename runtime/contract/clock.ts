import { randomBytes } from "node:crypto";

/** Undoes a timer; harmless once it has fired. */
export type Cancel = () => void;

/**
 * Time and randomness, for every layer. Nothing below `runtime/` reads the machine's clock, sets a timer or draws a
 * random number except through this port, so the same layer code runs under the simulator in virtual time.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds from an arbitrary start, with fractions; never goes back. For durations. */
  monotonic(): number;
  /**
   * Calls `run` once, `delayMs` from now. Delays above 2^31 - 1 ms, which Node's own timers turn into 1 ms, are kept.
   * With `background` the timer does not keep the process alive.
   */
  after(delayMs: number, run: () => void, options?: { background?: boolean }): Cancel;
  /** Calls `run` once in this turn's aftermath, behind all promise callbacks that are already due. */
  soon(run: () => void): void;
  /** A uniform random number, 0 ≤ x < 1. */
  random(): number;
  /** `length` random characters of `0-9a-z`, unpredictable under the system clock. */
  randomId(length: number): string;
}

const MAX_TIMER_MS = 2 ** 31 - 1;
const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

/** Resolves `delayMs` from now on that clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

/** Resolves when the promise does, or after `limitMs`; leaves no timer behind. */
export async function settledWithin(clock: Clock, limitMs: number, promise: Promise<unknown>): Promise<void> {
  let cancel: Cancel = () => {};
  const limit = new Promise<void>((resolve) => {
    cancel = clock.after(limitMs, resolve);
  });
  await Promise.race([promise, limit]).finally(cancel);
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run, options) {
    let timer: NodeJS.Timeout;
    const set = (restMs: number) => {
      const partMs = Math.min(Math.max(0, restMs), MAX_TIMER_MS);
      timer = setTimeout(() => (restMs > partMs ? set(restMs - partMs) : run()), partMs);
      if (options?.background) timer.unref();
    };
    set(delayMs);
    return () => clearTimeout(timer);
  },
  soon: (run) => {
    setImmediate(run);
  },
  random: () => Math.random(),
  randomId(length) {
    let id = "";
    while (id.length < length) {
      for (const byte of randomBytes(length)) {
        // 252 is the largest multiple of 36 in a byte: what lies above would favour the first characters.
        if (byte < 252 && id.length < length) id += ALPHABET[byte % 36];
      }
    }
    return id;
  },
};
