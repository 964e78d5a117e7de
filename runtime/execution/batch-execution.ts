import type { Message, Outcome, TaskContext } from "../contract/contract.ts";
import { type Answer, answerOf, answersOf } from "./batch-answers.ts";
import { callFor } from "./calls.ts";
import type { Execution } from "./execution.ts";
import { createGathering, type GatheringOptions } from "./gathering.ts";
import { isThenable, outcomeOf } from "./outcome-of.ts";
import { type TaskMeans, TryContext } from "./task-context.ts";
import { createTries, type TriesOptions, type Try } from "./tries.ts";

export interface BatchExecutionOptions<E> extends TriesOptions, TaskMeans, Omit<GatheringOptions<E>, "start"> {
  /** May return, throw and reject with anything. */
  readonly handler: (events: readonly E[], tasks: readonly TaskContext[]) => unknown;
  readonly subscriber: string;
  /** Told of messages whose handler is about to be called. */
  readonly starting?: ((messages: readonly Message[]) => void) | undefined;
  /** Told of each batch, once all of its tries have ended. */
  readonly ended: (batch: EndedBatch) => void;
}

/** A call of the handler, for what watches how long they take. Times are on the monotonic clock. */
export interface EndedBatch {
  readonly size: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Whether it waited for more than promises that were kept by then. */
  readonly awaited: boolean;
  /** Whether a try had no answer in time. */
  readonly overloaded: boolean;
}

/** A batch whose tries have not all ended. */
interface Running {
  readonly size: number;
  readonly startedAt: number;
  left: number;
  awaited: boolean;
  overloaded: boolean;
}

const NONE: readonly Message[] = [];

/** Runs one subscriber's handler in this process on several tasks at once, each of which has its own try, time and outcome. */
export function createBatchExecution<E>(options: BatchExecutionOptions<E>): Execution<E> {
  const { handler, clock, subscriber, report } = options;
  const runs = new Map<Message, Running>();
  const gathering = createGathering({ ...options, start });
  const tries = createTries({
    ...options,
    report(message, outcome, startedAt, endedAt, atOnce) {
      report(message, outcome, startedAt, endedAt, atOnce);
      leave(message, outcome, atOnce);
    },
  });
  let called = NONE;

  /** Told of a try that ended: with the last one of a batch, the batch has. */
  function leave(message: Message, outcome: Outcome, atOnce = false): void {
    const run = runs.get(message)!;
    runs.delete(message);
    run.left--;
    if (!atOnce) run.awaited = true;
    if (outcome.kind === "retry" && outcome.overloaded) run.overloaded = true;
    if (run.left > 0) return;
    options.ended({ ...run, endedAt: clock.monotonic() });
    gathering.ended();
  }

  function start(messages: readonly Message[], events: readonly E[]): void {
    options.starting?.(messages);
    const startedAt = clock.monotonic();
    const run: Running = { size: messages.length, startedAt, left: messages.length, awaited: false, overloaded: false };
    const contexts = messages.map((message) => new TryContext(message, subscriber, options));
    const begun = messages.map((message, i) => {
      runs.set(message, run);
      return tries.begin(message, contexts[i]!, startedAt);
    });
    called = messages;
    callFor({ subscriber, messages }, () => {
      try {
        // The handler gets arrays of its own: what it does to them changes nothing here.
        const result = handler([...events], [...contexts]);
        if (isThenable(result)) {
          follow(
            result,
            (value) => settle(begun, answersOf(value, begun.length)),
            (error) => fail(begun, error),
          );
        } else settle(begun, answersOf(result, begun.length), clock.monotonic());
      } catch (error) {
        fail(begun, error, clock.monotonic());
      }
    });
    called = NONE;
    tries.watch();
  }

  function fail(begun: readonly Try[], error: unknown, endedAt?: number): void {
    const outcome = outcomeOf(error);
    for (const tried of begun) tries.end(tried, outcome, endedAt);
  }

  function settle(begun: readonly Try[], answers: readonly Answer[], endedAt?: number): void {
    for (const [i, tried] of begun.entries()) {
      const answer = answers[i]!;
      if ("outcome" in answer) tries.end(tried, answer.outcome, endedAt);
      else {
        follow(
          answer.promise,
          (value) => tries.end(tried, answerOf(value)),
          (error) => tries.end(tried, outcomeOf(error)),
        );
      }
    }
  }

  return {
    counts: tries.counts,
    get running() {
      return tries.messages;
    },
    get called() {
      return called;
    },
    find: (id) => gathering.find(id) ?? tries.find(id),
    run: gathering.add,
    stop: gathering.stop,
    interrupt: tries.abort,
    abort(reason) {
      // What has not started is given back with all that the process holds.
      gathering.clear();
      tries.abort(reason);
    },
  };
}

/** Calls one of the two once, whatever the thenable does. */
function follow(result: PromiseLike<unknown>, done: (value: unknown) => void, failed: (error: unknown) => void): void {
  try {
    // A thenable of others may call back twice, at once, or with another thenable: a promise of our own adopts it.
    const promise = result instanceof Promise ? result : Promise.resolve(result);
    promise.then(done, failed);
  } catch (error) {
    failed(error);
  }
}
