import { DONE, type Outcome } from "../contract/contract.ts";
import { describeThrown, readOf } from "../contract/thrown.ts";
import { findUnawaited } from "./unawaited.ts";

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

/** What a value means that a handler returned, or that its promise came to. */
export function outcomeOfResult(result: unknown): Outcome {
  const message = findUnawaited(result);
  return message === undefined ? DONE : { kind: "retry", message };
}

/** Reading `then` may throw, as may whatever is called with a hostile result: the caller catches. */
export function isThenable(result: unknown): result is PromiseLike<unknown> {
  if ((typeof result !== "object" || result === null) && typeof result !== "function") return false;
  return typeof (result as { then?: unknown }).then === "function";
}
