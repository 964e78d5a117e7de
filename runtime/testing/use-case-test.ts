import { type Duration, milliseconds } from "../authoring/use-case.ts";
import type { EnqueueOptions } from "../client.ts";
import type { Connection } from "../connection.ts";
import { type Clock, sleep, systemClock } from "../contract/clock.ts";
import type { EnqueueForTask, FailureReason, TaskEnqueueOptions } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { Executor } from "../executor.ts";
import type { Pipeline, Receipt, Settled } from "../pipeline/pipeline.ts";
import { startWorker } from "../worker.ts";
import { connectMemory } from "./memory-connection.ts";
import { createSimulatedClock } from "./simulated-clock.ts";

/** A task whose handler has done it. */
export interface HandledTask {
  readonly useCase: string;
  /** `default` where the use case has one handler. */
  readonly subscriber: string;
  readonly event: unknown;
  readonly id: string;
  /** 1 for the first try. */
  readonly attempt: number;
}

/** One run of a handler, or an event that a filter left out. */
export interface TriedTask extends HandledTask {
  readonly result: "done" | "retried" | "dead-lettered";
  /** The error's message; absent where it is done. */
  readonly message?: string | undefined;
  /** In virtual time. */
  readonly endedAt: Date;
}

export interface DeadLetter extends HandledTask {
  readonly reason: FailureReason;
  /** The last error's message. */
  readonly message: string;
}

/** What a handler enqueued by `task.enqueue`, also to use cases that are not under test. */
export interface EnqueuedEvent {
  readonly useCase: string;
  readonly event: unknown;
  readonly options: TaskEnqueueOptions;
  /** The task that it belongs to. */
  readonly from: { readonly useCase: string; readonly id: string };
  /** Whether an earlier try of that task has enqueued the same. */
  readonly duplicate: boolean;
}

/** Use cases that run in this process's memory, in virtual time: it stands still but for `pass`. */
export interface UseCaseTest<E> {
  /** Enqueues an event of the first use case, and resolves once all that is due has been done, and what follows from it. */
  enqueue(event: E, options?: EnqueueOptions): Promise<Receipt>;
  /** The same for another one of those under test. */
  enqueueTo<O>(executor: Executor<O>, event: O, options?: EnqueueOptions): Promise<Receipt>;
  /** Lets time pass, and does all that comes due in it. Nothing waits: three days take milliseconds. */
  pass(duration: Duration): Promise<void>;
  /** In virtual time. It starts at the real one. */
  readonly now: Date;
  /** Tasks that are done, in the order in which they ended. */
  readonly handled: readonly HandledTask[];
  /** All tries, those that failed included. */
  readonly tries: readonly TriedTask[];
  readonly deadLetters: readonly DeadLetter[];
  readonly enqueued: readonly EnqueuedEvent[];
  /** Ends it. The next test's `testUseCase` does so too. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long a handler may really take before time passes in spite of it, which is what its timeout counts in. */
const PATIENCE_MS = 1_000;
const LOOK_AGAIN_MS = 1;
const SWEEP_EVERY_MS = 86_400_000;
const SEED = 1;

let running: UseCaseTest<never> | undefined;

/**
 * Runs use cases as a worker does, for a test: the five layers, with retries, delays, order and dead letters, on stores in
 * memory. A process has one connection, so that it runs one such test at a time. Targets take every task, and nothing is sent:
 * `{ ...executor, subscribers: { default: { handler } } }` stands in for one.
 */
export async function testUseCase<E>(executor: Executor<E>, ...others: readonly Executor[]): Promise<UseCaseTest<E>> {
  await running?.close();
  const clock = createSimulatedClock(SEED, systemClock.now());
  const connection: Connection = connectMemory(clock, { oneWorker: true });
  const executors = [executor, ...others];
  const handled: HandledTask[] = [];
  const tries: TriedTask[] = [];
  const deadLetters: DeadLetter[] = [];
  const enqueued: EnqueuedEvent[] = [];
  const problems: FivefoldError[] = [];
  let handlersRunning = 0;
  /** Those that were waited for in vain. */
  let endless = 0;
  let closed = false;

  const worker = await driven(
    startWorker({
      ports: connection.ports,
      executors: executors.map((one) => watched(one)),
      sweepEveryMs: SWEEP_EVERY_MS,
      reportProblem: (problem) => problems.push(problem),
      observe,
    }),
  );

  /** The same handler, seen while it runs. */
  function counting<A extends unknown[]>(handler: (...args: A) => unknown): (...args: A) => unknown {
    return async (...args) => {
      handlersRunning++;
      try {
        return await handler(...args);
      } finally {
        handlersRunning--;
        endless = Math.min(endless, handlersRunning);
      }
    };
  }

  /** The same executor, with its handlers and what they enqueue seen. Targets are done, unless a handler stands in for one. */
  function watched(one: Executor): Executor {
    const subscribers = Object.entries(one.subscribers).map(([name, { handler = () => {}, batchHandler, filter }]) => {
      const seen = { handler: counting(handler), batchHandler: batchHandler && counting(batchHandler), filter };
      return [name, seen] as const;
    });
    const enqueue: EnqueueForTask = async (task, counts, useCase, event, options) => {
      const receipt = await one.enqueue!(task, counts, useCase, event, options);
      const feed = one.feeds.find((feed) => feed.useCase === useCase);
      const from = { useCase: one.settings.name, id: task.id };
      const name = feed ? (await feed.client()).useCase : one.settings.name;
      enqueued.push({ useCase: name, event, options: options ?? {}, from, duplicate: receipt.duplicate });
      return receipt;
    };
    const here = one.settings.subscribers.map(({ batch, ...subscriber }) => ({
      ...subscriber,
      target: undefined,
      // A handler for single events may stand in for one that takes several.
      batch: one.subscribers[subscriber.name]?.batchHandler ? batch : undefined,
    }));
    const settings = { ...one.settings, subscribers: here };
    return { ...one, settings, subscribers: Object.fromEntries(subscribers), enqueue };
  }

  function observe({ useCase, subscriber }: Pipeline, settled: readonly Settled[]): void {
    const { decode } = executors.find(({ settings }) => settings.name === useCase)!;
    for (const { message, outcome, result } of settled) {
      const task = { useCase, subscriber, event: eventOf(decode, message), id: message.id, attempt: message.attempt };
      const why = outcome.kind === "done" ? undefined : outcome.message;
      tries.push({ ...task, result, message: why, endedAt: new Date(clock.now()) });
      if (result === "done") handled.push(task);
      if (result !== "dead-lettered") continue;
      const reason = outcome.kind === "reject" ? outcome.reason : "attempts";
      deadLetters.push({ ...task, reason, message: why ?? "" });
    }
  }

  /** Does what comes due until then. Time passes only while no handler runs: what it waits for is real. */
  async function runUntil(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    let since = systemClock.monotonic();
    while (!isDone()) {
      if (await clock.step(clock.now())) {
        since = systemClock.monotonic();
      } else if (handlersRunning > endless && systemClock.monotonic() - since < PATIENCE_MS) {
        await sleep(systemClock, LOOK_AGAIN_MS);
      } else {
        endless = handlersRunning;
        if (!(await clock.step(untilMs))) return;
      }
    }
  }

  /** What a promise comes to that needs this clock to go on. */
  async function driven<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    while (!isSettled) {
      await runUntil(clock.now(), () => isSettled);
      if (!isSettled) await sleep(systemClock, LOOK_AGAIN_MS);
    }
    return promise;
  }

  async function enqueue<O>(to: Executor<O>, event: O, options?: EnqueueOptions): Promise<Receipt> {
    if (closed) throw new FivefoldError("closed", "This test was ended, by close() or by another testUseCase.");
    const client = await to.client();
    const receipt = await driven(client.enqueue(event, options));
    await pass(0);
    return receipt;
  }

  async function pass(ms: number): Promise<void> {
    const end = clock.now() + ms;
    await runUntil(end);
    await clock.advance(end - clock.now());
    const [problem] = problems.splice(0);
    if (problem) throw problem;
  }

  const test: UseCaseTest<E> = {
    enqueue: (event, options) => enqueue(executor, event, options),
    enqueueTo: enqueue,
    pass: (duration) => pass(milliseconds(duration)),
    get now() {
      return new Date(clock.now());
    },
    handled,
    tries,
    deadLetters,
    enqueued,
    async close() {
      if (closed) return;
      closed = true;
      if (running === test) running = undefined;
      await drainWith(clock, worker.drain(0));
      await connection.close();
    },
    [Symbol.asyncDispose]: () => test.close(),
  };
  running = test;
  return test;

  async function drainWith({ now }: Clock, draining: Promise<void>): Promise<void> {
    let isDrained = false;
    const done = () => {
      isDrained = true;
    };
    draining.then(done, done);
    while (!isDrained) await clock.step(now() + DRAIN_STEP_MS);
    await draining;
  }
}

const DRAIN_STEP_MS = 60_000;

/** Bytes that are no such event are a dead letter, which has none. */
function eventOf(decode: Executor["decode"], { payload, version }: Settled["message"]): unknown {
  try {
    return decode(payload, version);
  } catch {
    return undefined;
  }
}
