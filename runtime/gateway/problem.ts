import { STATUS_CODES } from "node:http";
import { type ErrorCode, FivefoldError, InvalidEventError, type Violation } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";

/** What a refusal is about; stable, for programs to switch on. */
export type ProblemCode =
  | ErrorCode
  | "unauthenticated"
  | "forbidden"
  | "not-found"
  | "method-not-allowed"
  | "slow-request"
  | "unsupported-content"
  | "unsupported-encoding"
  | "unsupported-expectation"
  | "malformed-request"
  | "malformed-body"
  | "headers-too-large"
  | "too-many-events"
  | "overloaded"
  | "draining"
  | "internal";

interface ProblemParts {
  readonly status: number;
  readonly code: ProblemCode;
  /** What was found, where, and the rule. */
  readonly detail: string;
  readonly fix: string;
  readonly violations?: readonly Violation[] | undefined;
  readonly retryAfterS?: number | undefined;
  /** Whether the event may be stored all the same. Default: it is not. */
  readonly mayBeStored?: boolean | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A refused request, as RFC 9457 has it. */
export class Problem extends Error {
  readonly parts: ProblemParts;

  constructor(parts: ProblemParts) {
    super(parts.detail);
    this.parts = parts;
  }

  get headers(): Readonly<Record<string, string>> {
    const { retryAfterS, headers } = this.parts;
    return { ...headers, ...(retryAfterS !== undefined && { "retry-after": String(retryAfterS) }) };
  }

  toJSON(): object {
    const { status, code, detail, fix, violations, mayBeStored = false } = this.parts;
    const type = `urn:fivefold:problem:${code}`;
    return { type, title: STATUS_CODES[status], status, code, detail, fix, mayBeStored, violations };
  }
}

const MOST_VIOLATIONS = 100;
const STORE_AGAIN_S = 5;
const THROTTLED_AGAIN_S = 1;

/** What follows from the runtime's own errors; what is not here is a fault of the gateway's side. */
const OF_ERRORS: Partial<Record<ErrorCode, readonly [status: number, fix: string, retryAfterS?: number]>> = {
  "invalid-event": [400, "Change the event as `violations` says, and send it again."],
  "invalid-option": [400, "Correct the parameter, and send the event again."],
  "delay-too-long": [400, "Shorten the delay, or raise `scheduler.maxDelay` in the use case."],
  "payload-too-large": [413, "Send a reference (a URL, an object key) to what is large."],
  conflict: [409, "Give an event that differs an id or an Idempotency-Key of its own, or send what was sent before."],
  throttled: [429, "Send it again after `Retry-After`.", THROTTLED_AGAIN_S],
  "storage-full": [503, "Free space where the events are stored, and send it again.", STORE_AGAIN_S],
  "storage-failed": [503, "Send it again after `Retry-After`.", STORE_AGAIN_S],
  "storage-corrupt": [503, "Repair the store, of which the gateway's log says more, and send it again.", STORE_AGAIN_S],
  "storage-unwritable": [
    503,
    "Repair the store, of which the gateway's log says more, and send it again.",
    STORE_AGAIN_S,
  ],
  "not-connected": [503, "Send it again after `Retry-After`.", STORE_AGAIN_S],
  "unknown-topic": [503, "Deploy the use case's topics, and send it again.", STORE_AGAIN_S],
  unauthorized: [503, "Let the gateway's role produce to the use case's topics.", STORE_AGAIN_S],
  closed: [503, "Send it again: another gateway takes it.", THROTTLED_AGAIN_S],
};

/** What a caller is told of an error. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof FivefoldError)) {
    return new Problem({
      status: 500,
      code: "internal",
      detail: "The gateway failed at this request, which is a fault of its own.",
      fix: "Send it again, and tell who runs the gateway: its log says more.",
      mayBeStored: true,
    });
  }
  const { code, mayBeStored } = error;
  const [status, fix, retryAfterS] = OF_ERRORS[code] ?? [500, "Tell who runs the gateway: its log says more."];
  if (!(error instanceof InvalidEventError)) {
    return new Problem({ status, code, detail: describeThrown(error), fix, retryAfterS, mayBeStored });
  }
  const count = error.violations.length;
  return new Problem({
    status,
    code,
    detail: `The event breaks ${count === 1 ? "a rule" : `${count} rules`} of its type. Nothing was stored.`,
    fix,
    violations: error.violations.slice(0, MOST_VIOLATIONS),
  });
}
