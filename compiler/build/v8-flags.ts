import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A flag of V8, and the one that takes it back. */
export interface Flag {
  readonly set: string;
  readonly clear: string;
}

/**
 * The young generation, by now as large as the compiler's own code made it, would grow fourfold while modules are parsed,
 * and hold 100 MB for nothing: they live on.
 */
const KEEP_YOUNG_SMALL: Flag = { set: "--semi-space-growth-factor=1", clear: "--semi-space-growth-factor=2" };

/** Functions are observed, which faster code takes, from their first call on: saves an eighth of a build. */
const OBSERVE_AT_ONCE: Flag = { set: "--no-lazy-feedback-allocation", clear: "--lazy-feedback-allocation" };

/**
 * V8's slowest compiler takes a fifth of a build's CPU, and pays in processes that last: builds of 5,000 use cases are
 * still faster by a twelfth without.
 */
const NO_BEST_CODE: Flag = { set: "--no-opt", clear: "--opt" };

/** What V8 is told where a compiler builds again and again. */
export const FLAGS_OF_LASTING: readonly Flag[] = [KEEP_YOUNG_SMALL];

/** What V8 is told where a compiler builds once. */
export const FLAGS_OF_ONCE: readonly Flag[] = [KEEP_YOUNG_SMALL, OBSERVE_AT_ONCE, NO_BEST_CODE];

export function setFlags(flags: readonly Flag[]): void {
  for (const { set } of flags) setFlagsFromString(set);
}

function clearFlags(flags: readonly Flag[]): void {
  for (const { clear } of flags) setFlagsFromString(clear);
}

/** How far a heap may grow behind its first collection: to 130 MB, as what a thousand modules take. */
const FAR_GROWTH: Flag = { set: "--heap-growing-percent=3000", clear: "--heap-growing-percent=0" };
const EXPOSE_GC: Flag = { set: "--expose-gc", clear: "--no-expose-gc" };

/**
 * Collects garbage when there is hardly any, in 5 ms. V8 would else do it for the first time when the compiler is loaded,
 * and again while modules are read, of which all is in use: that takes a twentieth of a build's CPU.
 */
export function collectEarly(): void {
  collect([FAR_GROWTH]);
}

/** Collects garbage now: V8 lets a heap grow to several times of what is in use. */
export function collectGarbage(): void {
  collect([]);
}

function collect(more: readonly Flag[]): void {
  const flags = [...more, EXPOSE_GC];
  setFlags(flags);
  (runInNewContext("gc") as () => void)();
  clearFlags(flags);
}

/** How many threads of a process still load code. */
export type Loading = Int32Array<SharedArrayBuffer>;

export function createLoading(threads: number): Loading {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)).fill(threads);
}

/**
 * Says that a thread has loaded all its code. The last one sets V8's flags, which are the whole process's. Not sooner:
 * Node's own modules come compiled, and are taken so only under the flags that they were compiled under.
 */
export function hasLoaded(loading: Loading, flags: readonly Flag[]): void {
  if (Atomics.sub(loading, 0, 1) === 1) setFlags(flags);
}
