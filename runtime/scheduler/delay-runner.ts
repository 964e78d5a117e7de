import { type Cancel, type Clock, sleep } from "../contract/clock.ts";
import type { ReportProblem, TaskRecord } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { Delayed, DelayedClaim, DelayStore } from "./delay-store.ts";

/** How long a crashed process keeps others from firing what it had claimed. */
const LEASE_MS = 10_000;
/** A publish may take longer than a lease: what is under way is leased anew this often. */
const RENEW_MS = 3_000;
/** The longest that a record which another process added can go unnoticed. */
const POLL_MS = 200;
const BATCH = 1_024;
/** Batches that wait for the one that is being fired into their topic, at most; */
const MOST_WAITING = 2;
/** and claims of all topics from which on only an idle topic gets more. */
const MOST_HELD = 8 * BATCH;
/** A topic that takes this long to take records in is passed over: others must not wait for it. */
const SLOW_MS = 2_000;
const ROOM_POLL_MS = 5;
const REMOVE_AGAIN_MS = 500;
const FIRST_RETRY_MS = 1_000;
/** Work is to go on within 10 s once a broker serves again; a publish that fails takes its time by itself. */
const LONGEST_RETRY_MS = 5_000;

export interface DelayRunner {
  /** Fires what comes due from now on, whoever added it. */
  run(): void;
  /** Stores records until they are due; resolves once they are durable. */
  add(delayed: readonly Delayed[]): Promise<void>;
  /** Fires no more; resolves once what was under way is fired. */
  close(): Promise<void>;
}

interface Routed {
  readonly topic: string;
  readonly record: TaskRecord;
}

export interface DelayRunnerOptions {
  readonly store: DelayStore;
  /** Resolves once the records are durable in the topic. */
  readonly publish: (topic: string, records: readonly TaskRecord[]) => Promise<void>;
  /** Where a record goes now that was put off for that topic, and as what. */
  readonly route?: ((topic: string, record: TaskRecord) => Routed) | undefined;
  /** Told of records that were published when they had come due. */
  readonly observe: (topic: string, fired: readonly Delayed[]) => void;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

/** What is fired into one topic: a batch after another, so that an earlier one is never overtaken. */
interface Lane {
  readonly waiting: (readonly DelayedClaim[])[];
  /** When the batch that is under way was begun; undefined: none is. On the monotonic clock, as is `retryAt`. */
  since: number | undefined;
  failures: number;
  retryAt: number;
}

/**
 * Fires delayed records when they are due, never early: publish, wait for the receipt, then remove. A crash between
 * the last two fires a record twice, never not at all. A topic that takes nothing in holds up no other one.
 */
export function createDelayRunner(options: DelayRunnerOptions): DelayRunner {
  const { store, publish, clock, reportProblem } = options;
  const { route = (topic: string, record: TaskRecord): Routed => ({ topic, record }) } = options;
  const lanes = new Map<string, Lane>();
  /** What is claimed and neither fired nor left to others, and until when it is leased, in ms on the monotonic clock. */
  const held = new Map<readonly DelayedClaim[], number>();
  const firing = new Set<Promise<void>>();
  let heldCount = 0;
  let cancelTimer: Cancel = () => {};
  let cancelRenewal: Cancel | undefined;
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
    running = claimAll()
      .catch((error: unknown) => {
        report("Delayed tasks can't be fired now", error);
        return FIRST_RETRY_MS;
      })
      .then((waitMs) => {
        running = undefined;
        wakeIn(waitMs);
      });
  }

  function report(what: string, error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error);
    reportProblem(new FivefoldError("storage-failed", `${what}, and are kept: ${cause}`, { cause: error }));
  }

  /** Claims all that is due, and has it fired; answers how long to wait, in ms. */
  async function claimAll(): Promise<number> {
    while (!closed) {
      const askedAt = clock.monotonic();
      const claims = await store.claimDue(clock.now(), BATCH, LEASE_MS);
      if (claims.length === 0) break;
      const byTopic = Map.groupBy(claims, ({ topic, record }) => route(topic, record).topic);
      // All of them from the start: one topic's may wait for room until another's would have lapsed.
      for (const ofTopic of byTopic.values()) hold(ofTopic, askedAt);
      for (const [topic, ofTopic] of byTopic) await take(topic, ofTopic);
    }
    const pollMs = store.isOfOneWorker ? Number.POSITIVE_INFINITY : POLL_MS;
    return Math.min(pollMs, Math.max(0, (await store.nextDueAt()) - clock.now()));
  }

  /** Has claims fired into their topic, or passes them over for a while where it takes nothing in now. */
  async function take(topic: string, claims: readonly DelayedClaim[]): Promise<void> {
    const lane = laneOf(topic);
    while (isFull(lane) && passedOverMs(lane) === 0) await sleep(clock, ROOM_POLL_MS);
    const waitMs = passedOverMs(lane);
    if (waitMs > 0 || closed) {
      letGo(claims);
      return leaseFor(claims, waitMs);
    }
    lane.waiting.push(claims);
    if (lane.since !== undefined) return;
    const emptied = fireAll(topic, lane).finally(() => firing.delete(emptied));
    firing.add(emptied);
  }

  function isFull({ since, waiting }: Lane): boolean {
    return !closed && since !== undefined && (waiting.length >= MOST_WAITING || heldCount >= MOST_HELD);
  }

  function passedOverMs({ since, retryAt }: Lane): number {
    const now = clock.monotonic();
    return Math.max(0, retryAt - now, since !== undefined && now - since > SLOW_MS ? SLOW_MS : 0);
  }

  function laneOf(topic: string): Lane {
    let lane = lanes.get(topic);
    if (!lane) {
      lane = { waiting: [], since: undefined, failures: 0, retryAt: Number.NEGATIVE_INFINITY };
      lanes.set(topic, lane);
    }
    return lane;
  }

  function hold(claims: readonly DelayedClaim[], leasedAt: number): void {
    held.set(claims, leasedAt + LEASE_MS);
    heldCount += claims.length;
    cancelRenewal ??= clock.after(RENEW_MS, renewHeld, { background: true });
  }

  function letGo(claims: readonly DelayedClaim[]): void {
    held.delete(claims);
    heldCount -= claims.length;
  }

  async function renewHeld(): Promise<void> {
    cancelRenewal = undefined;
    if (held.size === 0) return;
    const renewed = [...held.keys()];
    const askedAt = clock.monotonic();
    try {
      await store.renew(renewed.flat(), clock.now() + LEASE_MS);
      for (const claims of renewed) if (held.has(claims)) held.set(claims, askedAt + LEASE_MS);
    } catch {
      // What is being published may be fired a second time by another process; what is not begun is left to it.
    }
    if (held.size > 0) cancelRenewal ??= clock.after(RENEW_MS, renewHeld, { background: true });
  }

  /** Whether another process may claim it before its lease is renewed: after a late answer, or when this one stood still. */
  function isLapsing(claims: readonly DelayedClaim[]): boolean {
    return clock.monotonic() > held.get(claims)! - RENEW_MS;
  }

  async function fireAll(topic: string, lane: Lane): Promise<void> {
    for (let claims = lane.waiting.shift(); claims; claims = lane.waiting.shift()) {
      lane.since = clock.monotonic();
      if (isLapsing(claims)) lapse(topic, [claims, ...lane.waiting.splice(0)]);
      else if (!closed && (await fire(topic, claims))) lane.failures = 0;
      else await putOff(lane, [claims, ...lane.waiting.splice(0)]);
    }
    lane.since = undefined;
    if (lane.failures === 0) lanes.delete(topic);
    wakeIn(0);
  }

  /** Leaves claims to whoever gets them when their leases have ended: all of a lane, so that none overtakes another. */
  function lapse(topic: string, batches: readonly (readonly DelayedClaim[])[]): void {
    for (const claims of batches) letGo(claims);
    report(
      `Delayed tasks of '${topic}' are late`,
      new Error("their leases ran out first: this process stood still, or their store is slow"),
    );
  }

  /** Whether the records are in their topic. */
  async function fire(topic: string, claims: readonly DelayedClaim[]): Promise<boolean> {
    try {
      await publish(
        topic,
        claims.map((claim) => route(claim.topic, claim.record).record),
      );
    } catch (error) {
      report(`Delayed tasks of '${topic}' can't be fired now`, error);
      return false;
    }
    options.observe(topic, claims);
    const removed = removeFired(claims).finally(() => firing.delete(removed));
    firing.add(removed);
    return true;
  }

  /** Until it works: what is fired and not removed would be fired again. */
  async function removeFired(claims: readonly DelayedClaim[]): Promise<void> {
    for (;;) {
      try {
        await store.remove(claims);
        return letGo(claims);
      } catch (error) {
        report("Delayed tasks that were fired can't be removed now", error);
        if (closed) return letGo(claims);
        await sleep(clock, REMOVE_AGAIN_MS);
      }
    }
  }

  /** Leaves claims to whoever wants them when the topic should take records in again; at once, where this process ends. */
  async function putOff(lane: Lane, batches: readonly (readonly DelayedClaim[])[]): Promise<void> {
    const retryMs = closed ? 0 : Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** lane.failures);
    lane.failures++;
    lane.retryAt = clock.monotonic() + retryMs;
    for (const claims of batches) letGo(claims);
    await leaseFor(batches.flat(), retryMs);
  }

  async function leaseFor(claims: readonly DelayedClaim[], ms: number): Promise<void> {
    // Where that fails, their leases end by themselves.
    await store.renew(claims, clock.now() + ms).catch(() => {});
  }

  store.onSooner?.(() => wakeIn(0));
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
      while (firing.size > 0) await Promise.all(firing);
      cancelRenewal?.();
    },
  };
}
