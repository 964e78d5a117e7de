import type { Cancel, Clock } from "../clock.ts";
import type { ReportProblem, TaskRecord } from "../contract.ts";
import { FivefoldError } from "../errors.ts";
import type { Delayed, DelayedClaim, DelayStore } from "./delay-store.ts";

/** How long a crashed process keeps others from firing what it had claimed. */
const LEASE_MS = 10_000;
/** The longest that a record which another process added can go unnoticed. */
const POLL_MS = 200;
const BATCH = 1_024;

export interface DelayRunner {
  /** Fires what comes due from now on, whoever added it. */
  run(): void;
  /** Stores records until they are due; resolves once they are durable. */
  add(delayed: readonly Delayed[]): Promise<void>;
  /** Fires no more; resolves once what was under way is fired. */
  close(): Promise<void>;
}

export interface DelayRunnerOptions {
  readonly store: DelayStore;
  /** Resolves once the records are durable in the topic. */
  readonly publish: (topic: string, records: readonly TaskRecord[]) => Promise<void>;
  /** Told of records that were published when they had come due. */
  readonly observe: (topic: string, fired: readonly Delayed[]) => void;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

/**
 * Fires delayed records when they are due, never early: publish, wait for the receipt, then remove. A crash between
 * the last two fires a record twice, never not at all.
 */
export function createDelayRunner(options: DelayRunnerOptions): DelayRunner {
  const { store, publish, clock, reportProblem } = options;
  let cancelTimer: Cancel = () => {};
  let wakesAt = Number.POSITIVE_INFINITY;
  let running: Promise<void> | undefined;
  let closed = false;

  /** Sets the timer, unless it is set for an earlier time. */
  function wakeIn(delayMs: number): void {
    const at = clock.monotonic() + delayMs;
    if (closed || at >= wakesAt) return;
    cancelTimer();
    wakesAt = at;
    cancelTimer = clock.after(delayMs, wake, { background: true });
  }

  function wake(): void {
    wakesAt = Number.POSITIVE_INFINITY;
    // A wake during a run is one about to be missed: the run may have looked before the record was there.
    if (running) return void running.then(() => wakeIn(0));
    running = fireDue()
      .then((waitMs) => {
        running = undefined;
        wakeIn(waitMs);
      })
      .catch((error: unknown) => {
        running = undefined;
        const cause = error instanceof Error ? error.message : String(error);
        reportProblem(
          new FivefoldError("storage-failed", `Delayed tasks can't be fired now, and are kept: ${cause}`, {
            cause: error,
          }),
        );
        wakeIn(1_000);
      });
  }

  /** Fires all that is due; answers how long to wait, in ms. */
  async function fireDue(): Promise<number> {
    while (!closed) {
      const claims = await store.claimDue(clock.now(), BATCH, LEASE_MS);
      if (claims.length === 0) break;
      const byTopic = Map.groupBy(claims, ({ topic }) => topic);
      await Promise.all([...byTopic].map(([topic, ofTopic]) => fire(topic, ofTopic)));
    }
    return Math.min(POLL_MS, Math.max(0, (await store.nextDueAt()) - clock.now()));
  }

  async function fire(topic: string, claims: readonly DelayedClaim[]): Promise<void> {
    await publish(
      topic,
      claims.map(({ record }) => record),
    );
    options.observe(topic, claims);
    await store.remove(claims);
  }

  return {
    run: () => wakeIn(0),
    async add(delayed) {
      await store.add(delayed);
      let soonest = Number.POSITIVE_INFINITY;
      for (const { dueAt } of delayed) soonest = Math.min(soonest, dueAt);
      wakeIn(Math.max(0, soonest - clock.now()));
    },
    async close() {
      closed = true;
      cancelTimer();
      await running;
    },
  };
}
