import { type Duration, milliseconds } from "./use-case.ts";

/** Thrown by a handler: give the task up now. It becomes a dead letter with this reason. */
export class RejectError extends Error {
  override readonly name = "RejectError";
}

/** Thrown by a handler: try again after that time, rather than as the backoff says. Counts as a try. */
export class RetryError extends Error {
  override readonly name = "RetryError";
  readonly afterMs: number;

  /** Throws a RangeError where `after` is no duration. */
  constructor(message: string, options: { after: Duration; cause?: unknown }) {
    super(message, options);
    this.afterMs = milliseconds(options.after);
  }
}
