import type { Clock } from "../contract/clock.ts";
import type { Backoff } from "../contract/contract.ts";

/**
 * How long to wait before the try after `attempt` (from 1), in ms: full jitter, a uniform random time below the
 * exponential bound (Brooker, "Exponential Backoff And Jitter", 2015). The jitter keeps tasks that failed together
 * from coming back together.
 */
export function backoffMs({ minMs, maxMs }: Backoff, attempt: number, clock: Clock): number {
  const boundMs = Math.min(maxMs, minMs * 2 ** (attempt - 1));
  return Math.ceil(clock.random() * boundMs);
}
