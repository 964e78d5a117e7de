import type { Clock } from "../clock.ts";
import {
  DONE,
  type EnqueueForTask,
  type Message,
  type Outcome,
  type SubscriberSettings,
  type TaskContext,
} from "../contract.ts";
import { FivefoldError } from "../errors.ts";
import { callFor, tellsApart } from "./calls.ts";
import { outcomeOf } from "./outcome-of.ts";
import { TryContext } from "./task-context.ts";
import { findUnawaited } from "./unawaited.ts";

export interface ExecutionOptions<E> {
  /** May return, throw and reject with anything. */
  readonly handler: (event: E, task: TaskContext) => unknown;
  readonly subscriber: string;
  readonly enqueue?: EnqueueForTask | undefined;
  /** One try's longest run. */
  readonly timeoutMs: number;
  /** Whether a try that outlives its time must have ended before its outcome counts, since it keeps its key. */
  readonly ordered: boolean;
  /** Told of messages whose handlers are about to be called. */
  readonly starting?: ((messages: readonly Message[]) => void) | undefined;
  /** Told of each try's outcome, once. Times are on the monotonic clock; `endedAt` is absent where it was not read. */
  readonly report: (message: Message, outcome: Outcome, startedAt: number, endedAt?: number) => void;
  /** Told of ordered tries that run on though their time and their grace are over: only their process's end ends them. */
  readonly stuck: (message: Message) => void;
  readonly clock: Clock;
}

export interface Execution<E> {
  /** Runs the handler once for each message; `events[i]` is what `messages[i]` decoded to. Never throws. */
  run(messages: readonly Message[], events: readonly E[]): void;
  /** Aborts the signals of what still runs. Handlers that heed them end soon; their tasks are tried again. */
  abort(reason: string): void;
  /** What runs now. */
  readonly running: readonly Message[];
  /** The message whose handler has been called and has not returned. */
  readonly called: Message | undefined;
  readonly counts: { readonly running: number; readonly stuck: number };
}

interface Try {
  readonly message: Message;
  readonly context: TryContext;
  /** On the monotonic clock. */
  readonly startedAt: number;
  /** Set once its time is over: what it came to, whatever its handler does. */
  timedOut: Outcome | undefined;
  ended: boolean;
}

/** What a handler gets to heed its signal, at most; as long as its time where that is shorter. */
const LONGEST_GRACE_MS = 10_000;
/** Tries that have ended and may stay among those that have not. */
const SPARE_TRIES = 256;

/** Runs one subscriber's handler in this process, each try within its time. */
export function createExecution<E>(options: ExecutionOptions<E>): Execution<E> {
  const { handler, report, clock, timeoutMs, ordered } = options;
  const graceMs = Math.min(timeoutMs, LONGEST_GRACE_MS);
  /**
   * Tries that a promise stands for, in the order of their starts, and some that have ended since. All have the same length of
   * time, so that one timer serves all.
   */
  let pending: Try[] = [];
  /** Those of them that have neither ended nor timed out. */
  let inTime = 0;
  /** Timed out, and in their grace. */
  const overdue = new Set<Try>();
  const stuck = new Set<Try>();
  /** The one whose handler has been called and has not returned. */
  let called: Message | undefined;
  let timed = false;

  function end(tried: Try, outcome: Outcome, endedAt?: number): void {
    if (tried.ended) return;
    tried.ended = true;
    if (!tried.timedOut) inTime--;
    else if (!overdue.delete(tried)) stuck.delete(tried);
    if (pending.length > SPARE_TRIES + 2 * inTime) pending = pending.filter(isInTime);
    report(tried.message, tried.timedOut ?? outcome, tried.startedAt, endedAt);
  }

  const unended = (): Try[] => [...pending.filter(isInTime), ...overdue, ...stuck];

  function watch(delayMs: number): void {
    if (timed) return;
    timed = true;
    clock.after(delayMs, endOverdue, { background: true });
  }

  function endOverdue(): void {
    timed = false;
    const now = clock.monotonic();
    let nextMs = Number.POSITIVE_INFINITY;
    pending = pending.filter(isInTime);
    for (const tried of pending) {
      const leftMs = tried.startedAt + timeoutMs - now;
      if (leftMs > 0) {
        nextMs = leftMs;
        break;
      }
      const message = `timed out after ${timeoutMs} ms`;
      inTime--;
      overdue.add(tried);
      tried.timedOut = { kind: "retry", message, overloaded: true };
      tried.context.abort(message);
    }
    for (const tried of overdue) {
      const leftMs = tried.startedAt + timeoutMs + graceMs - now;
      if (leftMs > 0) {
        nextMs = Math.min(nextMs, leftMs);
        break;
      }
      if (!ordered) {
        end(tried, tried.timedOut!);
        continue;
      }
      overdue.delete(tried);
      stuck.add(tried);
      options.stuck(tried.message);
    }
    if (nextMs < Number.POSITIVE_INFINITY) watch(nextMs);
  }

  /**
   * Answers when the handler returned, which is when the next one starts. The clock is read once a task, since reading
   * it costs as much as a twentieth of all else: the end of a promise is timed by whoever takes the report.
   */
  function runOne(message: Message, event: E, startedAt: number): number {
    const context = new TryContext(message, options.subscriber, options.enqueue);
    called = message;
    let outcome: Outcome | undefined;
    try {
      const result = handler(event, context);
      if (isThenable(result)) follow({ message, context, startedAt, timedOut: undefined, ended: false }, result);
      else outcome = outcomeOfResult(result);
    } catch (error) {
      outcome = outcomeOf(error);
    }
    called = undefined;
    const returnedAt = clock.monotonic();
    if (outcome) report(message, outcome, startedAt, returnedAt);
    return returnedAt;
  }

  function follow(tried: Try, result: PromiseLike<unknown>): void {
    pending.push(tried);
    inTime++;
    try {
      // A thenable of others may call back twice, at once, or with another thenable: a promise of our own adopts it.
      const promise = result instanceof Promise ? result : Promise.resolve(result);
      promise.then(
        (value) => end(tried, outcomeOfResult(value)),
        (error: unknown) => end(tried, outcomeOf(error)),
      );
    } catch (error) {
      // A promise whose class is somebody's own may have called back already.
      end(tried, outcomeOf(error));
    }
  }

  return {
    counts: {
      get running() {
        return inTime + overdue.size + stuck.size;
      },
      get stuck() {
        return stuck.size;
      },
    },
    get running() {
      return unended().map(({ message }) => message);
    },
    get called() {
      return called;
    },
    run(messages, events) {
      options.starting?.(messages);
      let startsAt = clock.monotonic();
      const each = (first: number, end: number) => {
        for (let i = first; i < end; i++) startsAt = runOne(messages[i]!, events[i]!, startsAt);
      };
      const { subscriber } = options;
      if (tellsApart(messages.length)) {
        for (let i = 0; i < messages.length; i++) {
          callFor({ subscriber, messages: [messages[i]!] }, () => each(i, i + 1));
        }
      } else callFor({ subscriber, messages }, () => each(0, messages.length));
      if (inTime > 0) watch(timeoutMs);
    },
    abort(reason) {
      for (const tried of unended()) tried.context.abort(reason);
    },
  };
}

function isInTime({ ended, timedOut }: Try): boolean {
  return !ended && timedOut === undefined;
}

/** Reading `then` may throw, as may whatever is called with a hostile result: the caller catches. */
function isThenable(result: unknown): result is PromiseLike<unknown> {
  if ((typeof result !== "object" || result === null) && typeof result !== "function") return false;
  return typeof (result as { then?: unknown }).then === "function";
}

/** What is said of a try that is stuck. */
export function stuckTask({ id, useCase, key }: Message, { name, timeoutMs }: SubscriberSettings): FivefoldError {
  return new FivefoldError(
    "handler-fault",
    `Task ${id} of '${useCase}' (${name}) runs on though its timeout of ${timeoutMs} ms is over and its signal aborted. ` +
      `Its key '${key.slice(0, 100)}' waits until it ends, or until this process does: restart it. Fix: end the handler ` +
      "when task.signal aborts.",
  );
}

function outcomeOfResult(result: unknown): Outcome {
  const message = findUnawaited(result);
  return message === undefined ? DONE : { kind: "retry", message };
}
