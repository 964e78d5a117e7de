import { createSimulatedClock } from "../../../runtime/testing/simulated-clock.ts";
import type { Capabilities, SubscriptionType } from "../../../runtime/transport/transport.ts";

/** How one subscription is used for a while: all that is drawn at random. */
export interface Setting {
  readonly seed: number;
  readonly type: SubscriptionType;
  /** Records published in all. */
  readonly records: number;
  readonly keys: number;
  /** Processes besides this one, each with consumers of its own. */
  readonly processes: number;
  /** Over all processes. */
  readonly consumers: number;
  readonly producers: number;
  /** Most records of one `publish`, and of one `receive`. */
  readonly publishMax: number;
  readonly receiveMax: number;
  /** Longest time from receiving to acknowledging, and from one publish to the next. */
  readonly handleMs: number;
  readonly publishEveryMs: number;
  /** How often, 0 to 1, a batch is given back rather than acknowledged; and a consumer ends after one, for another. */
  readonly giveBack: number;
  readonly rejoin: number;
  /** Processes killed on the way, each replaced by another. */
  readonly kills: number;
}

/** Draws random numbers, the same for the same seed. */
export interface Draw {
  /** A whole number, `from` ≤ n ≤ `to`. */
  between(from: number, to: number): number;
  oneOf<T>(choices: readonly T[]): T;
  /** True so often, 0 to 1. */
  happens(often: number): boolean;
}

export function drawWith(seed: number): Draw {
  const { random } = createSimulatedClock(seed);
  // The first numbers of neighbouring seeds are alike.
  for (let skipped = 0; skipped < 8; skipped++) random();
  return {
    between: (from, to) => from + Math.floor(random() * (to - from + 1)),
    oneOf: (choices) => choices[Math.floor(random() * choices.length)]!,
    happens: (often) => random() < often,
  };
}

/** A setting that a transport can be put to, with at most so many records; `several`: in several processes. */
export function drawSetting(
  seed: number,
  { records, several }: { records: number; several: boolean },
  capabilities: Pick<Capabilities, "takesOnlyWhatItReturns">,
): Setting {
  const { between, oneOf, happens } = drawWith(seed);
  const publishMax = oneOf([1, 6, 50, 500]);
  const receiveMax = oneOf([1, 2, 5, 50, 1_000]);
  const processes = several && happens(0.4) ? oneOf([1, 2, 3]) : 0;
  return {
    seed,
    type: happens(0.7) ? "key-shared" : "shared",
    // Each publish waits for the disk, and each receive for what all consumers share.
    records: Math.min(records, 2_000 * publishMax, 20_000 * receiveMax),
    keys: oneOf([1, 2, 5, 20, 200, 2_000]),
    processes,
    consumers: Math.max(processes + 1, oneOf([1, 2, 2, 4, 8])),
    producers: between(1, 3),
    publishMax,
    receiveMax,
    handleMs: oneOf([0, 1, 3, 10]),
    publishEveryMs: oneOf([0, 0, 1]),
    // A transport that takes more than it returns may bring again what it took, too.
    giveBack: capabilities.takesOnlyWhatItReturns ? oneOf([0, 0, 0.02, 0.2]) : 0,
    rejoin: oneOf([0, 0, 0.01]),
    kills: processes > 0 ? between(0, 2) : 0,
  };
}
