import type { Clock } from "../contract/clock.ts";
import type { RateSettings } from "../contract/contract.ts";

/** A token bucket: holds one period's tokens at most, and starts full. */
export interface Rate {
  /** Whole tokens there are now. */
  available(): number;
  take(count: number): void;
  /** Ms until there is a token; infinite: there is none to come. */
  waitMs(): number;
  /** Goes on with that part of the rate, from 0 to 1, and of the tokens that there are. */
  share(part: number): void;
  /** Lets tokens come for so long, and then no more until it is told again. By default they always come. */
  comesFor(ms: number): void;
}

/** `part`: of the rate, from 0 to 1; the others are other processes'. Only who has all of it at first starts with tokens. */
export function createRate({ count, periodMs }: RateSettings, clock: Clock, part = 1): Rate {
  let perMs = (count / periodMs) * part;
  // Less than one token a period (every two seconds, say) still needs room for one.
  let size = Math.max(1, count * part);
  let tokens = part === 1 ? size : 0;
  let refilledAt = clock.monotonic();
  /** Until when tokens come, on the monotonic clock. */
  let comesUntil = Number.POSITIVE_INFINITY;

  function refill(): void {
    const now = clock.monotonic();
    tokens = Math.min(size, tokens + Math.max(0, Math.min(now, comesUntil) - refilledAt) * perMs);
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
      // A timer's least: the rest of a fraction may be less than the clock can tell apart.
      return tokens >= 1 ? 0 : Math.max(1, (1 - tokens) / perMs);
    },
    share(next) {
      refill();
      const isFirst = part === 0 && tokens === 0;
      part = next;
      perMs = (count / periodMs) * part;
      size = Math.max(1, count * part);
      tokens = isFirst && part === 1 ? size : Math.min(tokens, size);
    },
    comesFor(ms) {
      refill();
      comesUntil = clock.monotonic() + ms;
    },
  };
}
