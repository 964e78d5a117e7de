import type { Outcome } from "../contract.ts";
import { describeThrown, readOf } from "../thrown.ts";

/** The longest wait that a handler may ask for: none of a delay's longest is above. */
const LONGEST_AFTER_MS = 365 * 86_400_000;

/**
 * What an error of a handler means, whatever it is. `RejectError` and `RetryError` are told by their names, not their
 * classes, since a use case and its worker can have loaded two copies of the package.
 */
export function outcomeOf(thrown: unknown): Outcome {
  const message = describeThrown(thrown);
  const name = readOf(thrown, "name");
  if (name === "RejectError") return { kind: "reject", reason: "rejected", message };
  if (name === "RetryError") {
    const afterMs = readOf(thrown, "afterMs");
    if (typeof afterMs === "number" && afterMs >= 0) {
      // Stores keep times in whole milliseconds.
      return { kind: "retry", afterMs: Math.min(Math.ceil(afterMs), LONGEST_AFTER_MS), message };
    }
  }
  return { kind: "retry", message };
}
