import type { Clock } from "../contract/clock.ts";
import type { Message, Outcome, SubscriberSettings, TaskContext } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { callFor, tellsApart } from "./calls.ts";
import { isThenable, outcomeOf, outcomeOfResult } from "./outcome-of.ts";
import { type TaskMeans, TryContext } from "./task-context.ts";
import { createTries, type TriesOptions } from "./tries.ts";

export interface ExecutionOptions<E> extends TriesOptions, TaskMeans {
  /** May return, throw and reject with anything. */
  readonly handler: (event: E, task: TaskContext) => unknown;
  readonly subscriber: string;
  /** Told of messages whose handlers are about to be called. */
  readonly starting?: ((messages: readonly Message[]) => void) | undefined;
  readonly clock: Clock;
}

export interface Execution<E> {
  /** Runs the handler once for each message; `events[i]` is what `messages[i]` decoded to. Never throws. */
  run(messages: readonly Message[], events: readonly E[]): void;
  /** Told that nothing more comes: what has been taken starts without waiting for more. */
  stop(): void;
  /** Aborts the signals of what runs, while others go on. */
  interrupt(reason: string): void;
  /** Aborts the signals of what still runs. Handlers that heed them end soon; their tasks are tried again. */
  abort(reason: string): void;
  /** What runs now. */
  readonly running: readonly Message[];
  /** The messages whose handler has been called and has not returned. */
  readonly called: readonly Message[];
  readonly counts: { readonly running: number; readonly stuck: number };
  /** A task that was taken and has not ended. `gathering`: its handler was not called. Looks at all: for people. */
  find(id: string): TakenTask | undefined;
}

export interface TakenTask {
  readonly state: "running" | "gathering";
  readonly attempt: number;
  /** On the monotonic clock. */
  readonly since: number;
}

const NONE: readonly Message[] = [];

/** Runs one subscriber's handler in this process, each try within its time. */
export function createExecution<E>(options: ExecutionOptions<E>): Execution<E> {
  const { handler, report, clock, subscriber } = options;
  const tries = createTries(options);
  /** The one whose handler has been called and has not returned. */
  let called: Message | undefined;

  /**
   * Answers when the handler returned, which is when the next one starts. The clock is read once a task, since reading
   * it costs as much as a twentieth of all else: the end of a promise is timed by whoever takes the report.
   */
  function runOne(message: Message, event: E, startedAt: number): number {
    const context = new TryContext(message, subscriber, options);
    called = message;
    let outcome: Outcome | undefined;
    try {
      const result = handler(event, context);
      if (isThenable(result)) follow(message, context, startedAt, result);
      else outcome = outcomeOfResult(result);
    } catch (error) {
      outcome = outcomeOf(error);
    }
    called = undefined;
    const returnedAt = clock.monotonic();
    if (outcome) report(message, outcome, startedAt, returnedAt);
    return returnedAt;
  }

  function follow(message: Message, context: TryContext, startedAt: number, result: PromiseLike<unknown>): void {
    const tried = tries.begin(message, context, startedAt);
    try {
      // A thenable of others may call back twice, at once, or with another thenable: a promise of our own adopts it.
      const promise = result instanceof Promise ? result : Promise.resolve(result);
      promise.then(
        (value) => tries.end(tried, outcomeOfResult(value)),
        (error: unknown) => tries.end(tried, outcomeOf(error)),
      );
    } catch (error) {
      // A promise whose class is somebody's own may have called back already.
      tries.end(tried, outcomeOf(error));
    }
  }

  return {
    counts: tries.counts,
    get running() {
      return tries.messages;
    },
    get called() {
      return called ? [called] : NONE;
    },
    run(messages, events) {
      options.starting?.(messages);
      let startsAt = clock.monotonic();
      const each = (first: number, end: number) => {
        for (let i = first; i < end; i++) startsAt = runOne(messages[i]!, events[i]!, startsAt);
      };
      if (tellsApart(messages.length)) {
        for (let i = 0; i < messages.length; i++) {
          callFor({ subscriber, messages: [messages[i]!] }, () => each(i, i + 1));
        }
      } else callFor({ subscriber, messages }, () => each(0, messages.length));
      tries.watch();
    },
    find: tries.find,
    stop() {},
    interrupt: tries.abort,
    abort: tries.abort,
  };
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
