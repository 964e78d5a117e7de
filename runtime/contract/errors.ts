/** What an error of the runtime is about; stable, for programs to switch on. Each has a page in docs/errors. */
export type ErrorCode =
  /** The event breaks rules of its type; nothing was stored. Fix: read `violations`, which name each place, its rule and what was found; correct the event; the same one would be refused again. */
  | "invalid-event"
  /** An option of a call, a command or a store is none: a delay that is no duration, an address that is none. Fix: write it as the message says. */
  | "invalid-option"
  /** The encoded event is larger than `frontend.maxPayload`, or than what the transport takes. Nothing was stored. Fix: enqueue a reference to what is large. */
  | "payload-too-large"
  /** The delay is longer than `scheduler.maxDelay`. Nothing was stored. Fix: shorten it, or raise the setting, and deploy what enqueues. */
  | "delay-too-long"
  /** Nothing here knows a use case of that name: a worker without it, a record of one that was removed. Fix: build and deploy the use case, or remove what still names it. */
  | "unknown-use-case"
  /** A record is of a later version than this code reads. It is held, and is handled once workers of that version run. Fix: deploy the workers. */
  | "newer-version"
  /** A record's bytes are no such event. It is a dead letter, since no try would read it. Fix: find what wrote it; `fivefold dead-letters show` has its bytes. */
  | "undecodable"
  /** The disk or the quota is used up. What was accepted stays; enqueues are refused until there is room. Fix: make room, or raise the quota. */
  | "storage-full"
  /** What a store holds is not what was written. It is set aside and named, and the rest goes on. Fix: look at the disk; what was set aside is named in the message. */
  | "storage-corrupt"
  /** A store's folder can't be written: its rights, a read-only mount. Fix: let the process write it. */
  | "storage-unwritable"
  /** A store did not answer as it should. What was asked is tried again where it must not be lost. Fix: see the cause; if it lasts, look at the store. */
  | "storage-failed"
  /** The broker has no such topic, and this role may not make it. Fix: deploy the stack that provisions it, before what uses it. */
  | "unknown-topic"
  /** Events wait where nothing consumes them any more, since a priority or a subscriber's name has changed. Fix: `fivefold strays` moves or removes them. */
  | "stray-events"
  /** The broker or the database could not be reached in time. `mayBeStored` says whether the event may be stored all the same. Fix: enqueue it again, under the same dedupe id if it has one. */
  | "not-connected"
  /** The broker or the gateway knows no right of this role or token to do that. Fix: grant it; `fivefold diff` lists who needs what. */
  | "unauthorized"
  /** Another event was accepted under the same dedupe id. Nothing was stored. Fix: give each event an id of its own, and a repeat the event that it repeats. */
  | "conflict"
  /** More is under way than this process takes, or another process holds the same dedupe id. Nothing was stored. Fix: wait a moment, and enqueue it again. */
  | "throttled"
  /** A handler did what harms others: it runs on beyond its time, or left a promise that was rejected. Its task is settled as the message says. Fix: end when `task.signal` aborts; await all that a handler starts. */
  | "handler-fault"
  /** A table that is captured is not as what reads it needs it: a column that is gone, a value that its type has no place for, a key or a right that is missing. Its capture stands still, and loses nothing. Fix: change the row's type or the table, as the message says; `fivefold check-source` compares the two. */
  | "source-mismatch"
  /** The connection or the worker has been closed. Fix: use it before it is closed, or open another. */
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

/**
 * Every error that the runtime raises on purpose. `message` says what was found, where, the rule and the fix, and names the code,
 * whose page `fivefold explain <code>` prints.
 */
export class FivefoldError extends Error {
  override readonly name: string = "FivefoldError";
  readonly code: ErrorCode;
  /**
   * Of a publish or an enqueue: whether what it failed to confirm may be stored all the same, now or later. Where it is
   * false, nothing of the call is or will be stored.
   */
  readonly mayBeStored: boolean;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; mayBeStored?: boolean }) {
    super(named(code, message), options);
    this.code = code;
    this.mayBeStored = options?.mayBeStored ?? false;
  }
}

/** Logs, dead letters and answers keep the message alone, so the code stands in it: `[throttled]`, once. */
function named(code: ErrorCode, message: string): string {
  return message.includes(`[${code}]`) ? message : `${message} [${code}]`;
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
    super(
      "invalid-event",
      `The event for '${useCase}' was refused and not stored [invalid-event]:\n${lines.join("\n")}`,
    );
    this.violations = violations;
  }
}
