import type { Limit } from "./limit.ts";

export interface AdaptiveLimit extends Limit {
  /** Told how long a task took from its start, at the time that it ended. Both in ms on the monotonic clock. */
  observe(durationMs: number, endedAt: number): void;
  /** Told of a task that was refused, or not answered, for want of capacity. */
  refused(endedAt: number): void;
  /** Told of tasks that waited for nothing, so that there is no service which they could overload. */
  passed(): void;
  /** Told that as many are under way as it allows. */
  reached(): void;
  /** An operator's limit in place of its own; `undefined`: its own again. */
  override(maxInFlight: number | undefined): void;
}

export interface AdaptiveLimitOptions {
  /** What it stays below, or at. */
  readonly max: number;
  /** Wall time that all processes read alike, as far as may be: ms since the Unix epoch. */
  readonly now: () => number;
}

/** Where it starts. */
const START = 16;
/** Tasks of one measurement. */
const BLOCK = 16;
/** Waiting that it is not worth to avoid, ms: a turn of the event loop, a pause of the garbage collector. */
const SLACK_MS = 5;
/** Waits, in times of the service: below the first the limit grows fast, above the second it falls, to the third. */
const SHORT_WAIT = 0.15;
const LONG_WAIT = 0.5;
const AIMED_WAIT = 0.3;
/** By so many it grows with a block; where there is some wait, by one in the time that a task takes. */
const FAST_GROWTH = 4;
const DEEPEST_CUT = 0.5;
/** What it falls to where more of the last tasks than this were refused. */
const REFUSED_CUT = 0.7;
const BEARABLE_REFUSALS = 0.01;
/** By refusals it falls no further: tasks may time out for a reason of their own. */
const FEWEST_REFUSED = 8;
const COUNTED_ANSWERS = 1_000;
/**
 * A limit that was cut to this part of itself, or to 1, was cut in vain where tasks take far longer than a queue would explain:
 * the service itself is slower.
 */
const IN_VAIN = 0.15;
const BEYOND_QUEUE = 0.25;
const MOST_OF_IT = 0.75;
/** How often all processes hold back for a moment, for how long, and to which part of their limits. */
const LOOK_EVERY_MS = 15_000;
const SHORTEST_LOOK_MS = 200;
const LOOK_SHARE = 0.5;

/**
 * A limit that finds itself between 1 and `max`, by what tasks take: it keeps a short queue at whatever they call, so that
 * the service is busy and no task waits long there.
 *
 * How long tasks wait there is told by the quickest: a queue makes even them wait, whatever tasks take otherwise. So the
 * third shortest of 16 durations is compared with what it is without a queue, as CoDel goes by the shortest sojourn of an
 * interval (Nichols and Jacobson, 2012). That is the least that was seen; and every 15 s all processes hold back for a moment,
 * so that it is seen anew: at the same moments of wall time, since one alone would see the queue of the others. The limit
 * rises by addition and falls by multiplication, which takes processes that share a service to equal shares
 * (Chiu and Jain, 1989).
 */
export function createAdaptiveLimit({ max, now }: AdaptiveLimitOptions): AdaptiveLimit {
  let overridden: number | undefined;
  let limit = Math.min(max, START);
  let isReached = false;
  const block = createBlock();

  /** Of durations, smoothed over blocks, in ms; 0: nothing is known. */
  let low = 0;
  let mean = 0;
  /** The low one without a queue. */
  let lowAlone = 0;

  /** The next cut waits until the last one can be seen. */
  let cutAgainAt = 0;
  /** What the limit and the low duration were before a series of cuts; 0: there is none. */
  let limitBefore = 0;
  let lowBefore = 0;

  let answers = 0;
  let refusals = 0;

  let lookNumber = Math.floor(now() / LOOK_EVERY_MS);
  let lookUntil = 0;
  /** Of what started in the second half of the look. */
  let lookFrom = 0;
  const seen = createBlock();
  /** When it began to hold back, on the wall clock, and for how long; 0: it does not. */
  let heldBackAt = 0;
  let heldBackMs = 0;

  function endBlock(at: number): void {
    const wasReached = isReached;
    isReached = false;
    low += (low === 0 ? 1 : 0.5) * (block.low() - low);
    mean += (mean === 0 ? 1 : 0.3) * (block.mean() - mean);
    block.clear();
    if (lowAlone === 0 || low < lowAlone) lowAlone = low;
    else if (!wasReached) lowAlone += 0.1 * (low - lowAlone);
    look(at);
    if (at < lookUntil || at < cutAgainAt) return;

    const wait = Math.max(0, low - lowAlone);
    const service = Math.max(mean - wait, 0.001);
    if (wait > LONG_WAIT * service + SLACK_MS) {
      cut(at, ((1 + AIMED_WAIT) * service) / (service + wait));
      return;
    }
    limitBefore = 0;
    if (!wasReached) return;
    const isFast = wait < SHORT_WAIT * service + SLACK_MS;
    grow(isFast ? FAST_GROWTH : Math.min(FAST_GROWTH, BLOCK / limit));
  }

  function grow(by: number): void {
    limit = Math.min(max, limit + by);
  }

  function cut(at: number, to: number): void {
    if (limitBefore === 0) {
      limitBefore = limit;
      lowBefore = low;
    } else if ((limit === 1 || limit < limitBefore * IN_VAIN) && low > stillSlow() * lowBefore) {
      limitBefore = 0;
      lowAlone = low;
      return;
    }
    limit = Math.max(1, limit * Math.max(DEEPEST_CUT, to));
    cutAgainAt = at + mean;
  }

  /** A queue is as much shorter as the limit is lower; at 1 already, there is nothing more to cut. */
  function stillSlow(): number {
    return Math.min(MOST_OF_IT, Math.max(IN_VAIN, limit / limitBefore) + BEYOND_QUEUE);
  }

  function look(at: number): void {
    if (lookUntil > 0 && at > lookUntil + mean) {
      lookUntil = 0;
      if (seen.length >= BLOCK / 2) lowAlone += 0.5 * (seen.low() - lowAlone);
      seen.clear();
    }
    // The slower the tasks, the longer it takes to see anything, and the rarer it is done.
    const lengthMs = Math.max(SHORTEST_LOOK_MS, 2.5 * mean);
    const every = 2 ** Math.max(0, Math.ceil(Math.log2(lengthMs / (2 * SHORTEST_LOOK_MS))));
    const number = Math.floor(now() / LOOK_EVERY_MS);
    if (lookUntil > 0 || Math.floor(number / every) === Math.floor(lookNumber / every)) return;
    lookNumber = number;
    lookFrom = at + lengthMs / 2;
    lookUntil = at + lengthMs;
    heldBackAt = now();
    heldBackMs = lengthMs;
  }

  /** For its time, whether or not any task ends meanwhile; a clock that jumps ends it. */
  function isHoldingBack(): boolean {
    if (heldBackMs === 0) return false;
    const passedMs = now() - heldBackAt;
    if (passedMs < 0 || passedMs >= heldBackMs) heldBackMs = 0;
    return heldBackMs > 0;
  }

  return {
    current() {
      if (overridden !== undefined) return overridden;
      return Math.max(1, Math.floor(isHoldingBack() ? limit * LOOK_SHARE : limit));
    },
    observe(durationMs, endedAt) {
      if (lookUntil > 0) {
        const startedAt = endedAt - durationMs;
        if (startedAt >= lookFrom && startedAt < lookUntil && seen.length < BLOCK) seen.add(durationMs);
      }
      block.add(durationMs);
      if (block.length === BLOCK) endBlock(endedAt);
      if (++answers < COUNTED_ANSWERS) return;
      answers /= 2;
      refusals /= 2;
    },
    refused(endedAt) {
      refusals++;
      if (endedAt < cutAgainAt || refusals <= BEARABLE_REFUSALS * (answers + refusals)) return;
      if (limit > FEWEST_REFUSED) cut(endedAt, Math.max(REFUSED_CUT, FEWEST_REFUSED / limit));
      answers = refusals = 0;
    },
    passed() {
      grow(limit / 4);
    },
    reached() {
      isReached = true;
    },
    override(maxInFlight) {
      overridden = maxInFlight;
    },
  };
}

/** The sum and the three lowest of some durations. */
function createBlock() {
  let [sum, length] = [0, 0];
  let [first, second, third] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  return {
    get length() {
      return length;
    },
    add(duration: number): void {
      sum += duration;
      length++;
      if (duration >= third) return;
      if (duration >= second) third = duration;
      else {
        third = second;
        second = Math.max(first, duration);
        first = Math.min(first, duration);
      }
    },
    mean: () => sum / length,
    /** One task may be quick for a reason of its own, and two. */
    low: () => third,
    clear(): void {
      sum = length = 0;
      first = second = third = Number.POSITIVE_INFINITY;
    },
  };
}
