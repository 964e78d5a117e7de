/** What an error of the runtime is about; stable, for programs to switch on. */
export type ErrorCode =
  | "invalid-event"
  | "invalid-option"
  | "payload-too-large"
  | "delay-too-long"
  | "unknown-use-case"
  | "newer-version"
  | "undecodable"
  | "storage-full"
  | "storage-corrupt"
  | "storage-unwritable"
  | "storage-failed"
  | "unknown-topic"
  | "stray-events"
  | "not-connected"
  | "unauthorized"
  | "conflict"
  | "throttled"
  | "handler-fault"
  | "closed";

/** One rule that a value breaks, as a validator reports it. */
export interface Violation {
  /** Of the event among those of one `enqueueAll`, from 0; absent where one event was enqueued alone. */
  readonly index?: number;
  /** Where in the event, as one would write it in TypeScript: `address.lines[2]`, `tags["a b"]`; empty for the event itself. */
  readonly path: string;
  /** The rule, as a sentence's end: `must be a string of at most 64 characters`. */
  readonly rule: string;
  /** What was found, as a type and where it helps a value: `number`, `string of 80 characters`, `undefined`. */
  readonly found: string;
}

/** Every error that the runtime raises on purpose. `message` says what was found, where, the rule, and how to mend it. */
export class FivefoldError extends Error {
  override readonly name: string = "FivefoldError";
  readonly code: ErrorCode;
  /**
   * Of a publish or an enqueue: whether what it failed to confirm may be stored all the same, now or later. Where it is
   * false, nothing of the call is or will be stored.
   */
  readonly mayBeStored: boolean;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; mayBeStored?: boolean }) {
    super(message, options);
    this.code = code;
    this.mayBeStored = options?.mayBeStored ?? false;
  }
}

/** What a message lists; `violations` has all. */
const MOST_LINES = 100;

/** `enqueue` refused an event: it breaks at least one rule of its type. Nothing was stored. */
export class InvalidEventError extends FivefoldError {
  override readonly name = "InvalidEventError";
  readonly violations: readonly Violation[];

  constructor(useCase: string, violations: readonly Violation[]) {
    const lines = violations.slice(0, MOST_LINES).map(({ index, path, rule, found }) => {
      const event = index === undefined ? "" : `[${index}]${path === "" || path.startsWith("[") ? "" : "."}`;
      return `  ${event}${path || (event === "" ? "the event" : "")}: ${rule}, found ${found}`;
    });
    if (violations.length > MOST_LINES) lines.push(`  and ${violations.length - MOST_LINES} more`);
    super("invalid-event", `The event for '${useCase}' was refused and not stored:\n${lines.join("\n")}`);
    this.violations = violations;
  }
}
