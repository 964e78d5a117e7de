import type { Clock } from "../contract/clock.ts";
import type { Message, Outcome } from "../contract/contract.ts";
import type { TryContext } from "./task-context.ts";

export interface TriesOptions {
  /** One try's longest run. */
  readonly timeoutMs: number;
  /** Whether a try that outlives its time must have ended before its outcome counts, since it keeps its key, or a part of its key's limit. */
  readonly keepsKey: boolean;
  /**
   * Told of each try's outcome, once. Times are on the monotonic clock; `endedAt` is absent where it was not read. `atOnce`: it
   * awaited nothing but promises that were kept by then, so that it waited for nobody.
   */
  readonly report: (message: Message, outcome: Outcome, startedAt: number, endedAt?: number, atOnce?: boolean) => void;
  /** Told of such tries that run on though their time and their grace are over: only their process's end ends them. */
  readonly stuck: (message: Message) => void;
  readonly clock: Clock;
}

export interface Try {
  readonly message: Message;
  readonly context: TryContext;
  /** On the monotonic clock. */
  readonly startedAt: number;
  /** Set once its time is over: what it came to, whatever its handler does. */
  timedOut: Outcome | undefined;
  ended: boolean;
  /** The callback of the event loop in which it began. */
  readonly turn: number;
}

/** Tries that a promise stands for, each within its time. */
export interface Tries {
  begin(message: Message, context: TryContext, startedAt: number): Try;
  /** Ends a try that has not ended; its time-out stands where its time is over. */
  end(tried: Try, outcome: Outcome, endedAt?: number): void;
  /** Sees to it that those which have begun end in time. */
  watch(): void;
  /** Aborts the signals of all. */
  abort(reason: string): void;
  readonly messages: readonly Message[];
  find(id: string): { readonly state: "running"; readonly attempt: number; readonly since: number } | undefined;
  readonly counts: { readonly running: number; readonly stuck: number };
}

/** What a handler gets to heed its signal, at most; as long as its time where that is shorter. */
const LONGEST_GRACE_MS = 10_000;
/** Tries that have ended and may stay among those that have not. */
const SPARE_TRIES = 256;

export function createTries({ timeoutMs, keepsKey, report, stuck: reportStuck, clock }: TriesOptions): Tries {
  const graceMs = Math.min(timeoutMs, LONGEST_GRACE_MS);
  /**
   * In the order of their starts, and some that have ended since. All have the same length of time, so that one timer
   * serves all.
   */
  let pending: Try[] = [];
  /** Those of them that have neither ended nor timed out. */
  let inTime = 0;
  /** Timed out, and in their grace. */
  const overdue = new Set<Try>();
  const stuck = new Set<Try>();
  let timed = false;
  let turn = 0;
  let isSameTurn = false;

  /** Counts callbacks of the event loop, each with all promise callbacks that follow from it, in which tries begin. */
  function thisTurn(): number {
    if (!isSameTurn) {
      isSameTurn = true;
      turn++;
      // What is put off from a promise callback runs once no other is left.
      queueMicrotask(() =>
        process.nextTick(() => {
          isSameTurn = false;
        }),
      );
    }
    return turn;
  }

  function end(tried: Try, outcome: Outcome, endedAt?: number): void {
    if (tried.ended) return;
    tried.ended = true;
    if (!tried.timedOut) inTime--;
    else if (!overdue.delete(tried)) stuck.delete(tried);
    if (pending.length > SPARE_TRIES + 2 * inTime) pending = pending.filter(isInTime);
    const atOnce = isSameTurn && tried.turn === turn;
    report(tried.message, tried.timedOut ?? outcome, tried.startedAt, endedAt, atOnce);
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
      if (!keepsKey) {
        end(tried, tried.timedOut!);
        continue;
      }
      overdue.delete(tried);
      stuck.add(tried);
      reportStuck(tried.message);
    }
    if (nextMs < Number.POSITIVE_INFINITY) watch(nextMs);
  }

  return {
    begin(message, context, startedAt) {
      const tried: Try = { message, context, startedAt, timedOut: undefined, ended: false, turn: thisTurn() };
      pending.push(tried);
      inTime++;
      return tried;
    },
    end,
    watch() {
      if (inTime > 0) watch(timeoutMs);
    },
    abort(reason) {
      for (const tried of unended()) tried.context.abort(reason);
    },
    get messages() {
      return unended().map(({ message }) => message);
    },
    find(id) {
      const found = unended().find(({ message }) => message.id === id);
      return found && { state: "running", attempt: found.message.attempt, since: found.startedAt };
    },
    counts: {
      get running() {
        return inTime + overdue.size + stuck.size;
      },
      get stuck() {
        return stuck.size;
      },
    },
  };
}

function isInTime({ ended, timedOut }: Try): boolean {
  return !ended && timedOut === undefined;
}
