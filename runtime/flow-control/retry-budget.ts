import type { Clock } from "../contract/clock.ts";
import type { Message, RetryBudgetSettings } from "../contract/contract.ts";
import { createRate } from "./rate.ts";

export interface RetryBudgetOptions {
  readonly settings: RetryBudgetSettings;
  /** Whether a task will not run any more, so that to let it pass costs nobody a try. */
  readonly isOver: (message: Message) => boolean;
  /** Takes a retry that may not start now, and brings it back in that time. */
  readonly putOff: (message: Message, afterMs: number) => void;
  readonly clock: Clock;
}

export interface RetryBudget {
  /** Told of tasks that are about to start; answers which of them may. The others are put off. */
  pass(messages: readonly Message[]): readonly Message[];
  /** Told of retries that were done: what they took comes back. */
  done(count: number): void;
  /** Retries that were put off and have not come back yet. Only so many are known by name. */
  readonly waiting: number;
  /** Since the start: how often a retry was put off. */
  readonly putOffs: number;
  /** Until when a retry is put off, in ms since the Unix epoch. */
  find(id: string): { readonly state: "retry-budget"; readonly attempt: number; readonly at: number } | undefined;
}

/** What counts as recent. */
const SLICE_MS = 1_000;
const SLICES = 10;
/** A retry that is put off comes back within it, since by then the service may be well again. */
const LONGEST_WAIT_MS = 30_000;
const SHORTEST_WAIT_MS = 100;
const MOST_KNOWN = 10_000;

/**
 * Bounds what retries add to the load of a service that fails. A retry takes one from a balance: to it, each first try of the last
 * 10 s has added its part, and each retry that was done has given back its one; so only retries that fail use it up, and once the
 * service is well all may start again. Where the balance is used up, `atLeast` lets some start. A balance over a window is
 * Finagle's (`RetryBudget`); that success gives back is what AWS's SDKs do.
 */
export function createRetryBudget({ settings, isOver, putOff, clock }: RetryBudgetOptions): RetryBudget {
  const part = settings.percent / 100;
  const floor = createRate(settings.atLeast, clock);
  const floorPerMs = settings.atLeast.count / settings.atLeast.periodMs;
  /** By slices of time: what was added less what was taken, and what first tries added. */
  const balances = new Float64Array(SLICES);
  const added = new Float64Array(SLICES);
  let slice = Math.floor(clock.monotonic() / SLICE_MS);
  /** When the last of those that were put off comes back, on the monotonic clock. */
  let lineEndsAt = 0;
  /** Those that were put off, until when on the monotonic clock. */
  const known = new Map<string, { readonly attempt: number; readonly until: number }>();
  let putOffs = 0;

  function forgetOldSlices(): number {
    const now = Math.floor(clock.monotonic() / SLICE_MS);
    for (let gone = Math.max(slice + 1, now - SLICES + 1); gone <= now; gone++) {
      balances[gone % SLICES] = added[gone % SLICES] = 0;
    }
    slice = Math.max(slice, now);
    return slice % SLICES;
  }

  const sum = (values: Float64Array): number => values.reduce((all, one) => all + one, 0);

  function holdBack(message: Message): void {
    const now = clock.monotonic();
    const perMs = floorPerMs + sum(added) / (SLICES * SLICE_MS);
    lineEndsAt = Math.min(Math.max(now, lineEndsAt) + 1 / perMs, now + LONGEST_WAIT_MS);
    // Behind a line that is longer than it may be, some come back sooner, so that not all come at once.
    const lineMs = lineEndsAt - now;
    const waitMs = lineMs < LONGEST_WAIT_MS ? lineMs : LONGEST_WAIT_MS * (0.5 + 0.5 * clock.random());
    const afterMs = Math.ceil(Math.max(SHORTEST_WAIT_MS, waitMs));
    known.delete(message.id);
    known.set(message.id, { attempt: message.attempt, until: now + afterMs });
    forgetReturned();
    putOffs++;
    putOff(message, afterMs);
  }

  /** Those whose time has come may have gone to another process. */
  function forgetReturned(): void {
    const now = clock.monotonic();
    for (const [id, { until }] of known) {
      if (until > now && known.size <= MOST_KNOWN) break;
      known.delete(id);
    }
  }

  return {
    pass(messages) {
      let heldBack: Message[] | undefined;
      const current = forgetOldSlices();
      let balance = sum(balances);
      for (const message of messages) {
        if (message.attempt <= 1) {
          balances[current]! += part;
          added[current]! += part;
          balance += part;
          continue;
        }
        known.delete(message.id);
        if (isOver(message)) continue;
        // Sums of fractions fall short of a whole by less than this.
        if (balance >= 1 - 1e-6) {
          balances[current]! -= 1;
          balance -= 1;
        } else if (floor.available() >= 1) floor.take(1);
        else {
          heldBack ??= [];
          heldBack.push(message);
        }
      }
      if (!heldBack) return messages;
      for (const message of heldBack) holdBack(message);
      const held = new Set(heldBack);
      return messages.filter((message) => !held.has(message));
    },
    done(count) {
      balances[forgetOldSlices()]! += count;
    },
    get waiting() {
      forgetReturned();
      return known.size;
    },
    get putOffs() {
      return putOffs;
    },
    find(id) {
      const found = known.get(id);
      const leftMs = found ? found.until - clock.monotonic() : 0;
      return found && leftMs > 0
        ? { state: "retry-budget", attempt: found.attempt, at: clock.now() + leftMs }
        : undefined;
    },
  };
}
