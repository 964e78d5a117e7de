/** How a new release takes over: see docs/releases.md. */
export interface Release {
  /** Percents of the tasks, rising, the last one 100: whole numbers from 1. */
  steps: readonly number[];
  /** How much worse than the release beside it a new one may be. */
  guard?: ReleaseGuard;
}

/** How much worse than the release beside it a new one may be. */
export interface ReleaseGuard {
  /** Percentage points of first tries that may fail more, 1 to 50. Default 1. */
  errors?: number;
  /** Percent by which tasks may take longer, 10 to 1,000. Default 25. */
  slower?: number;
  /** The longest that a step waits for evidence; then it ends if nothing speaks against the release. Default `"1h"`. */
  within?: `${number}${"ms" | "s" | "m" | "h" | "d"}`;
}

/**
 * How a new release takes over: the percents of the tasks that it takes, one after another, and how much worse it may be. A step
 * ends once the evidence suffices, or after `stepMs` if nothing speaks against the release by then.
 */
export interface ReleaseSettings {
  readonly steps: readonly number[];
  /** Percentage points of first tries that may fail more. */
  readonly errorPoints: number;
  /** Percent by which tasks may take longer. */
  readonly slowerPercent: number;
  readonly stepMs: number;
}

/** What a use case's settings say of its releases. */
export interface Releasing {
  /** Null, or absent in what older versions have built: all of its workers take what they get. */
  readonly release?: ReleaseSettings | null | undefined;
}
