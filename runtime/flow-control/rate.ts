import type { Clock } from "../clock.ts";
import type { RateSettings } from "../contract.ts";

/** A token bucket: holds one period's tokens at most, and starts full. */
export interface Rate {
  /** Whole tokens there are now. */
  available(): number;
  take(count: number): void;
  /** Ms until there is a token. */
  waitMs(): number;
}

export function createRate({ count, periodMs }: RateSettings, clock: Clock): Rate {
  const perMs = count / periodMs;
  // Less than one token a period (every two seconds, say) still needs room for one.
  const size = Math.max(1, count);
  let tokens = size;
  let refilledAt = clock.monotonic();

  function refill(): void {
    const now = clock.monotonic();
    tokens = Math.min(size, tokens + (now - refilledAt) * perMs);
    refilledAt = now;
  }

  return {
    available() {
      refill();
      // Sums of fractions fall short of a whole by less than this.
      return Math.floor(tokens + 1e-9);
    },
    take(taken) {
      tokens -= taken;
    },
    waitMs() {
      refill();
      return Math.max(0, (1 - tokens) / perMs);
    },
  };
}
