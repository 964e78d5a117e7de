import type { WorkersLimit } from "./service.ts";

/* Limits of others' making, beside which the adaptive one stands in the report. */

export function fixed(max: number): WorkersLimit {
  return { current: () => max, observe() {}, reached() {} };
}

/** Additive increase; falls where a task takes longer than a second. */
export function aimd(max: number): WorkersLimit {
  let limit = 16;
  let isReached = false;
  return {
    current: () => Math.max(1, Math.floor(limit)),
    reached() {
      isReached = true;
    },
    observe(durationMs) {
      if (durationMs > 1_000) limit = Math.max(1, limit * 0.9);
      else if (isReached) limit = Math.min(max, limit + 1 / limit);
      isReached = false;
    },
  };
}

/** Gradient2 of Netflix's concurrency-limits: the mean now against a slow mean, and room of the limit's root. */
export function gradient(max: number): WorkersLimit {
  let limit = 16;
  let slow = 0;
  let sum = 0;
  let count = 0;
  let isReached = false;
  let nextAt = 100;
  return {
    current: () => Math.max(1, Math.floor(limit)),
    reached() {
      isReached = true;
    },
    observe(durationMs, endedAt) {
      sum += durationMs;
      count++;
      if (endedAt < nextAt) return;
      const mean = sum / count;
      slow = slow === 0 ? mean : slow + (mean - slow) / 200;
      if (slow / mean > 2) slow *= 0.95;
      const ratio = Math.max(0.5, Math.min(1, (1.5 * slow) / mean));
      if (isReached) limit = Math.max(1, Math.min(max, limit + 0.2 * (limit * ratio + Math.sqrt(limit) - limit)));
      sum = count = 0;
      isReached = false;
      nextAt = endedAt + 100;
    },
  };
}
