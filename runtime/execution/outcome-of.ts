import type { Outcome } from "../contract.ts";

const LONGEST_MESSAGE = 1_024;

/** Reads what a handler threw, whatever it is: a hostile object must not end the worker. */
function messageOf(error: unknown): string {
  try {
    const text = error instanceof Error ? error.message || error.name : String(error);
    return text.slice(0, LONGEST_MESSAGE);
  } catch {
    return "threw a value that can't be shown";
  }
}

/**
 * What an error of a handler means. `RejectError` and `RetryError` are told by their names, not their classes, since a
 * use case and its worker can have loaded two copies of the package.
 */
export function outcomeOf(error: unknown): Outcome {
  const message = messageOf(error);
  if (error instanceof Error && error.name === "RejectError") return { kind: "reject", reason: "rejected", message };
  if (error instanceof Error && error.name === "RetryError" && "afterMs" in error) {
    const { afterMs } = error;
    if (typeof afterMs === "number" && Number.isFinite(afterMs)) return { kind: "retry", afterMs, message };
  }
  return { kind: "retry", message };
}
