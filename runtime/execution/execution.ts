import type { Clock } from "../clock.ts";
import { DONE, type Handler, type Message, type Outcome, type TaskContext } from "../contract.ts";
import { outcomeOf } from "./outcome-of.ts";

export interface ExecutionOptions<E> {
  readonly handler: Handler<E>;
  readonly subscriber: string;
  /** One try's longest run. */
  readonly timeoutMs: number;
  /** Told of each try's outcome, once. Times are on the monotonic clock; `endedAt` is absent where it was not read. */
  readonly report: (message: Message, outcome: Outcome, startedAt: number, endedAt?: number) => void;
  readonly clock: Clock;
}

export interface Execution<E> {
  /** Runs the handler once for each message; `events[i]` is what `messages[i]` decoded to. */
  run(messages: readonly Message[], events: readonly E[]): void;
  /** Aborts the signals of what still runs. Handlers that heed them end soon; their tasks are tried again. */
  abort(reason: string): void;
  readonly running: number;
}

/** One try, as its handler sees it. The abort controller exists only if somebody asks for the signal. */
class Try implements TaskContext {
  readonly message: Message;
  readonly subscriber: string;
  /** On the monotonic clock. */
  readonly startedAt: number;
  ended = false;
  #controller: AbortController | undefined;

  constructor(message: Message, subscriber: string, startedAt: number) {
    this.message = message;
    this.subscriber = subscriber;
    this.startedAt = startedAt;
  }

  get id(): string {
    return this.message.id;
  }
  get useCase(): string {
    return this.message.useCase;
  }
  get attempt(): number {
    return this.message.attempt;
  }
  get enqueuedAt(): Date {
    return new Date(this.message.enqueuedAt);
  }
  get dueAt(): Date {
    return new Date(Math.max(this.message.dueAt, this.message.enqueuedAt));
  }
  get key(): string {
    return this.message.key;
  }
  get traceparent(): string {
    return this.message.traceparent;
  }
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }
  abort(reason: string): void {
    this.#controller?.abort(new Error(reason));
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** Runs one subscriber's handler in this process, each try within its time. */
export function createExecution<E>(options: ExecutionOptions<E>): Execution<E> {
  const { handler, report, clock } = options;
  /** All tries have the same length of time, so that the order of starting is the order of ending: one timer serves all. */
  const running = new Set<Try>();
  let timed = false;

  function end(tried: Try, outcome: Outcome, endedAt?: number): void {
    if (tried.ended) return;
    tried.ended = true;
    running.delete(tried);
    report(tried.message, outcome, tried.startedAt, endedAt);
  }

  function watch(delayMs: number): void {
    if (timed) return;
    timed = true;
    clock.after(delayMs, endOverdue, { background: true });
  }

  function endOverdue(): void {
    timed = false;
    const startedBefore = clock.monotonic() - options.timeoutMs;
    for (const tried of running) {
      if (tried.startedAt > startedBefore) {
        watch(tried.startedAt - startedBefore);
        return;
      }
      const message = `timed out after ${options.timeoutMs} ms`;
      tried.abort(message);
      end(tried, { kind: "retry", message });
    }
  }

  /**
   * Answers when the handler returned, which is when the next one starts. The clock is read once a task, since reading
   * it costs as much as a twentieth of all else: the end of a promise is timed by whoever takes the report.
   */
  function runOne(tried: Try, event: E): number {
    let result: unknown;
    try {
      result = handler(event, tried);
    } catch (error) {
      const thrownAt = clock.monotonic();
      end(tried, outcomeOf(error), thrownAt);
      return thrownAt;
    }
    const returnedAt = clock.monotonic();
    if (!isPromise(result)) {
      end(tried, DONE, returnedAt);
      return returnedAt;
    }
    running.add(tried);
    result.then(
      () => end(tried, DONE),
      (error: unknown) => end(tried, outcomeOf(error)),
    );
    return returnedAt;
  }

  return {
    get running() {
      return running.size;
    },
    run(messages, events) {
      let startsAt = clock.monotonic();
      for (let i = 0; i < messages.length; i++) {
        startsAt = runOne(new Try(messages[i]!, options.subscriber, startsAt), events[i]!);
      }
      if (running.size > 0) watch(options.timeoutMs);
    },
    abort(reason) {
      for (const tried of running) tried.abort(reason);
    },
  };
}
