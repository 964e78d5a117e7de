import { type Clock, sleep } from "../contract/clock.ts";
import type {
  Failure,
  FailureReason,
  Message,
  Outcome,
  ReportProblem,
  SubscriberSettings,
  TaskRecord,
} from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import { backoffMs } from "./backoff.ts";

/** How a try ended, for whoever watches. */
export interface Settled {
  readonly message: Message;
  readonly outcome: Outcome;
  /** What follows from the outcome. */
  readonly result: "done" | "retried" | "dead-lettered";
  /** When its handler was called, in ms on the monotonic clock; 0: it was settled without. */
  readonly startedAt: number;
  /** When its handler had ended, in ms on the monotonic clock; at most a turn of the event loop later than it did. */
  readonly endedAt: number;
}

/** One whose end may still be timed, with those of its batch. */
type Settling = Settled & { endedAt: number; readonly atOnce: boolean };

/** A record that is to be tried again, at a time in ms since the Unix epoch. */
export interface Retry {
  readonly dueAt: number;
  readonly record: TaskRecord;
}

/** What is stored in the place of a message. */
interface Replacement {
  readonly message: Message;
  readonly record: TaskRecord;
}

export interface SettlementOptions {
  readonly subscriber: SubscriberSettings;
  /** Whether a task that waits for its next try keeps its key, in this process, rather than being stored away. */
  readonly ordered: boolean;
  readonly acknowledge: (messages: readonly Message[]) => Promise<void>;
  /** Stores records until they are due; resolves once they are durable. */
  readonly delay: (retries: readonly Retry[]) => Promise<void>;
  /** Keeps count of the processes that ended while they ran these and nothing else. */
  readonly rememberCrashes?: ((messages: readonly Message[], crashes: number) => Promise<void>) | undefined;
  /** Resolves once the dead letters are durable. */
  readonly deadLetter: (records: readonly TaskRecord[]) => Promise<void>;
  /** Starts a task again in this process, in that time. */
  readonly again: (message: Message, afterMs: number) => void;
  /** Told of tries that ended: their permits are free. */
  readonly freed: (count: number) => void;
  /** Told of tasks that are settled: nothing holds them any more. */
  readonly ended: (messages: readonly Message[]) => void;
  readonly observe: (settled: readonly Settled[]) => void;
  /** Told, before their permits are free, of tries whose handlers awaited more than promises; of many at once, of some. */
  readonly awaited: (tried: Settled) => void;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

export interface Settlement {
  /**
   * Times are of the handler's run, on the monotonic clock; without `endedAt`, its batch's time stands for it. `atOnce`: it
   * awaited nothing that could make it wait.
   */
  add(message: Message, outcome: Outcome, startedAt?: number, endedAt?: number, atOnce?: boolean): void;
  /** As `add`, of a task that holds no permit. */
  addFreed(message: Message, outcome: Outcome, startedAt: number, endedAt: number): void;
  /** Puts a task off without counting a try; `permits`: how many it holds, 1 or 0. */
  postpone(message: Message, afterMs: number, permits?: number): void;
  /** Resolves once all that was added is stored. */
  idle(): Promise<void>;
  readonly counts: {
    done: number;
    retried: number;
    deadLettered: number;
    /** The same by their reason. */
    readonly deadLetters: Record<FailureReason, number>;
  };
}

const RETRY_MS = 500;
const MOST_TOLD = 64;
/** Processes that a task may end while it runs alone, before it is given up. */
export const MOST_CRASHES = 3;

function strip({ position: _, notBefore: __, crashes: ___, ...record }: Message): TaskRecord {
  return record;
}

/**
 * Settles what tries came to, a batch for each turn of the event loop. A retry or a dead letter is durable before its
 * message is acknowledged, so a crash at any point repeats a task and loses none.
 */
export function createSettlement(options: SettlementOptions): Settlement {
  const { subscriber, clock } = options;
  const deadLettersBy = { rejected: 0, attempts: 0, deadline: 0, crashed: 0, undecodable: 0, "unknown-use-case": 0 };
  const counts = { done: 0, retried: 0, deadLettered: 0, deadLetters: deadLettersBy };
  const storing = new Set<Promise<void>>();
  let settled: Settling[] = [];
  let done: Message[] = [];
  let retries: (Retry & Replacement)[] = [];
  let deadLetters: Replacement[] = [];
  let freed = 0;
  let flushing = false;

  function schedule(): void {
    if (flushing) return;
    flushing = true;
    clock.soon(flush);
  }

  function add(message: Message, outcome: Outcome, startedAt = 0, endedAt = 0, atOnce = false): void {
    freed++;
    addFreed(message, outcome, startedAt, endedAt, atOnce);
  }

  function addFreed(message: Message, outcome: Outcome, startedAt: number, endedAt: number, atOnce = false): void {
    schedule();
    settled.push({ message, outcome, result: follow(message, outcome), startedAt, endedAt, atOnce });
  }

  function follow(message: Message, outcome: Outcome): Settled["result"] {
    if (outcome.kind === "done") {
      done.push(message);
      return "done";
    }
    if (outcome.kind === "reject") return giveUp(message, outcome.message, outcome.reason);
    if (outcome.kind === "retry" && message.attempt > subscriber.maxRetries)
      return giveUp(message, outcome.message, "attempts");
    if (outcome.kind === "crash") return crash(message, outcome.message);
    return retry(message, outcome.message, outcome.afterMs ?? backoffMs(subscriber.backoff, message.attempt, clock));
  }

  function giveUp(message: Message, why: string, reason: FailureReason): Settled["result"] {
    const failure: Failure = { reason, message: why, subscription: subscriber.name, failedAt: clock.now() };
    deadLetters.push({ message, record: { ...strip(message), failure } });
    deadLettersBy[reason]++;
    return "dead-lettered";
  }

  function retry(message: Message, why: string, afterMs: number): Settled["result"] {
    const startsAt = clock.now() + afterMs;
    if (subscriber.deadlineMs > 0 && startsAt > firstDueAt(message) + subscriber.deadlineMs) {
      return giveUp(message, why, "deadline");
    }
    putOff({ ...message, attempt: message.attempt + 1 }, message, afterMs);
    return "retried";
  }

  /** It is held here until its next try, as its count is kept with it where it lies. */
  function crash(message: Message, why: string): Settled["result"] {
    const crashes = (message.crashes ?? 0) + 1;
    if (crashes >= MOST_CRASHES) return giveUp(message, `${why}, as ${crashes - 1} others before`, "crashed");
    const next = { ...message, crashes };
    const again = async () => options.again(next, backoffMs(subscriber.backoff, crashes, clock));
    store(async () => options.rememberCrashes?.([message], crashes), again);
    return "retried";
  }

  function putOff(next: Message, message: Message, afterMs: number): void {
    if (options.ordered) options.again(next, afterMs);
    else {
      const record = { ...strip(next), subscription: subscriber.name };
      retries.push({ message, record, dueAt: clock.now() + afterMs });
    }
  }

  function flush(): void {
    // All is taken before anybody is told: a freed permit starts the next task at once, whose outcome may be here before
    // the call returns, and belongs to the next flush.
    const ended = { settled, done, retries, deadLetters, freed };
    settled = [];
    done = [];
    retries = [];
    deadLetters = [];
    freed = 0;
    flushing = false;

    counts.done += ended.done.length;
    const now = clock.monotonic();
    const stride = Math.ceil(ended.settled.length / MOST_TOLD);
    for (let i = 0; i < ended.settled.length; i++) {
      const one = ended.settled[i]!;
      if (one.endedAt === 0) {
        one.endedAt = now;
        if (i % stride === 0 && one.startedAt > 0 && !one.atOnce) options.awaited(one);
      }
      if (one.result === "retried") counts.retried++;
      else if (one.result === "dead-lettered") counts.deadLettered++;
    }
    if (ended.freed > 0) options.freed(ended.freed);
    if (ended.done.length > 0) {
      options.ended(ended.done);
      store(() => options.acknowledge(ended.done));
    }
    if (ended.retries.length > 0) replace(ended.retries, options.delay);
    if (ended.deadLetters.length > 0) {
      replace(ended.deadLetters, (letters) => options.deadLetter(letters.map(({ record }) => record)));
    }
    options.observe(ended.settled);
  }

  /**
   * Stores what replaces the messages, then acknowledges them. Only then may the next of their keys start: were a task
   * that was given up delivered again after a crash, it would run behind those that followed it.
   */
  function replace<T extends Replacement>(all: readonly T[], storeInstead: (all: readonly T[]) => Promise<void>): void {
    let stored = true;
    store(
      async () => {
        try {
          await storeInstead(all);
        } catch (error) {
          if (!isUnstorable(error)) throw error;
          stored = false;
          apart(all, storeInstead, error);
        }
      },
      async () => {
        if (!stored) return;
        const messages = all.map(({ message }) => message);
        await options.acknowledge(messages);
        options.ended(messages);
      },
    );
  }

  /** One that can't be stored must not keep others: each is stored alone, and the one stays held, and is told. */
  function apart<T extends Replacement>(
    all: readonly T[],
    storeInstead: (all: readonly T[]) => Promise<void>,
    error: unknown,
  ): void {
    if (all.length > 1) {
      for (const one of all) replace([one], storeInstead);
      return;
    }
    const message = `Task ${all[0]?.message.id} of '${subscriber.name}' can't be stored again, and is held until this process ends: ${describeThrown(error)}`;
    options.reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
  }

  /** Takes the steps one after another, each until it works: giving up would strand what the messages stand for. */
  function store(...steps: (() => Promise<void>)[]): void {
    const work = (async () => {
      for (const step of steps) if (!(await insist(step))) return;
    })();
    storing.add(work);
    void work.finally(() => storing.delete(work));
  }

  /** False where the process is ending: what isn't stored is delivered again. */
  async function insist(step: () => Promise<void>): Promise<boolean> {
    for (;;) {
      try {
        await step();
        return true;
      } catch (error) {
        if (error instanceof FivefoldError && error.code === "closed") return false;
        const message = `Outcomes of '${subscriber.name}' can't be stored now, and are kept: ${describeThrown(error)}`;
        options.reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
        await sleep(clock, RETRY_MS);
      }
    }
  }

  return {
    counts,
    add,
    addFreed,
    postpone(message, afterMs, permits = 1) {
      freed += permits;
      schedule();
      putOff(message, message, afterMs);
    },
    async idle() {
      while (flushing || storing.size > 0) {
        await Promise.all(storing);
        if (flushing) await sleep(clock, 0);
      }
    },
  };
}

/** Whether a store will never take it, however often it is asked. */
function isUnstorable(error: unknown): boolean {
  return error instanceof FivefoldError && (error.code === "payload-too-large" || error.code === "invalid-option");
}

/** When the first try could start: deadlines count from here, through all retries. */
export function firstDueAt({ dueAt, enqueuedAt }: TaskRecord): number {
  return Math.max(dueAt, enqueuedAt);
}
