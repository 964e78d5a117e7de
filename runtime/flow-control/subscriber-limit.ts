import type { Outcome, SubscriberSettings } from "../contract/contract.ts";
import { createAdaptiveLimit } from "./adaptive-limit.ts";
import type { Limit } from "./limit.ts";

/** What bounds a subscriber's tasks in flight in this process, and finds itself by how they end. */
export interface SubscriberLimit extends Limit {
  /** What it never exceeds: as declared, or as an operator has set. */
  readonly most: number;
  reached(): void;
  /** An operator's limit in place of its own; `undefined`: its own again. */
  override(maxInFlight: number | undefined): void;
  /** Told of a try that awaited something, before its permit is free. Times in ms on the monotonic clock. */
  awaited(outcome: Outcome, startedAt: number, endedAt: number): void;
  /** Told that permits are about to be free. */
  freed(): void;
}

/** A subscriber whose handler takes one event at a time, or whose tasks are sent elsewhere. */
export function createTaskLimit(subscriber: SubscriberSettings, now: () => number): SubscriberLimit {
  const limit = createAdaptiveLimit({ max: subscriber.maxInFlight, now });
  let hasAwaited = false;
  let most = subscriber.maxInFlight;
  return {
    get most() {
      return most;
    },
    current: limit.current,
    reached: () => limit.reached(),
    override(overridden) {
      most = overridden ?? subscriber.maxInFlight;
      limit.override(overridden);
    },
    awaited(outcome, startedAt, endedAt) {
      hasAwaited = true;
      if (outcome.kind === "done") limit.observe(endedAt - startedAt, endedAt);
      else if (outcome.kind === "retry" && outcome.overloaded) limit.refused(endedAt);
    },
    freed() {
      if (!hasAwaited && !subscriber.target) limit.passed();
      hasAwaited = false;
    },
  };
}

/** How a batch ended. Times in ms on the monotonic clock. */
interface EndedBatch {
  readonly size: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly awaited: boolean;
  readonly overloaded: boolean;
}

export interface BatchLimit extends SubscriberLimit {
  /** Most events that can be in a batch now. */
  largest(): number;
  /** Whether a batch may start beside so many. */
  mayStart(running: number): boolean;
  /** Told of a batch that ended. */
  ended(batch: EndedBatch): void;
}

/**
 * A subscriber whose handler takes several events at once. As many events as declared may be in flight, those that gather
 * included; what finds itself is how many batches may run at a time. Where none may start, they gather, and the batches
 * become fuller.
 */
export function createBatchLimit(
  { maxInFlight, batch }: SubscriberSettings,
  permits: () => number,
  now: () => number,
): BatchLimit {
  const batches = createAdaptiveLimit({ max: maxInFlight, now });
  let events = maxInFlight;
  return {
    get most() {
      return events;
    },
    current: () => events,
    override(overridden) {
      events = overridden ?? maxInFlight;
    },
    // What it finds out, it does by batches.
    reached() {},
    awaited() {},
    freed() {},
    largest: () => Math.max(1, Math.min(batch!.max, events, permits())),
    mayStart(running) {
      if (running < batches.current()) return true;
      batches.reached();
      return false;
    },
    ended({ size, startedAt, endedAt, awaited, overloaded }) {
      if (overloaded) batches.refused(endedAt);
      else if (!awaited) batches.passed();
      // Smaller ones are quicker, which says nothing of a queue.
      else if (2 * size > batch!.max) batches.observe(endedAt - startedAt, endedAt);
    },
  };
}
