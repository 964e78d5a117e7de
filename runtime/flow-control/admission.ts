import type { Cancel, Clock } from "../contract/clock.ts";
import type { Message, Priority, RateSettings } from "../contract/contract.ts";
import type { Gate } from "./gate.ts";
import type { Limit } from "./limit.ts";
import { createFairQueue, createFifoQueue } from "./queue.ts";
import { createRate } from "./rate.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface AdmissionOptions {
  readonly gate: Gate;
  readonly limit: Limit;
  readonly priority: Priority;
  readonly rate: RateSettings | null;
  /** The part of the rate that it has at first, from 0 to 1. Default 1. */
  readonly ratePart?: number | undefined;
  /** Whether turns are shared between tenants. */
  readonly fair: boolean;
  /** Absent: retries start as others do. */
  readonly retryBudget?: Pick<RetryBudget, "pass" | "waiting"> | undefined;
  /** Takes tasks that hold a permit each. */
  readonly admit: (messages: readonly Message[]) => void;
  readonly clock: Clock;
}

export interface Admission {
  /** Takes tasks that may start as far as order and time go. */
  offer(messages: readonly Message[]): void;
  /** Gives permits back. */
  release(count: number): void;
  /** Admits nothing more. */
  stop(): void;
  /** What shares the rate with other processes goes by. */
  readonly rate: {
    readonly isLimited: boolean;
    readonly isWanted: boolean;
    /** Goes on with that part of the rate, from 0 to 1. */
    take(part: number): void;
    /** Lets the rate go on for so long, and then no further until it is told again. */
    alive(forMs: number): void;
  };
  /** Goes on under another rate, or paused: then it admits nothing until it is told otherwise. */
  change(to: { readonly rate: RateSettings | null; readonly paused: boolean }): void;
  /** Told that the limit may have risen. */
  limitChanged(): void;
  readonly inFlight: number;
  readonly waiting: number;
  /** Most tasks in flight, as the limit stands now. */
  readonly limit: number;
  /** Why tasks wait; undefined: none does. `permits`: other subscribers have the process's. */
  readonly binds: "paused" | "rate" | "limit" | "permits" | "retry-budget" | undefined;
  readonly counts: { admitted: number };
  /** A task that waits here, and why it does: `ahead` of its tenant are before it where turns are shared. Looks at all. */
  find(id: string): WaitingTask | undefined;
}

export interface WaitingTask {
  readonly state: NonNullable<Admission["binds"]> | "fair-share";
  readonly attempt: number;
  readonly ahead?: number;
}

const LOOK_AGAIN_MS = 20;

/** Lets one subscriber's tasks start as its limit, its rate and the process's permits allow. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { gate, limit, clock, retryBudget } = options;
  const queue = options.fair ? createFairQueue() : createFifoQueue();
  let rateSettings = options.rate;
  let ratePart = options.ratePart ?? 1;
  let rate = rateSettings ? createRate(rateSettings, clock, ratePart) : undefined;
  const counts = { admitted: 0 };
  let cancelTimer: Cancel | undefined;
  let inFlight = 0;
  let stopped = false;
  let paused = false;

  function wants(): number {
    if (stopped || paused) return 0;
    const room = Math.min(queue.length, limit.current() - inFlight);
    return rate && room > 0 ? Math.min(room, rate.available()) : room;
  }

  function grant(permits: number): void {
    const taken = queue.take(permits);
    const starting = retryBudget ? retryBudget.pass(taken) : taken;
    const count = starting.length;
    inFlight += count;
    counts.admitted += count;
    rate?.take(count);
    if (count > 0) options.admit(starting);
    if (count < permits) gate.release(permits - count);
  }

  const applicant = { priority: options.priority, wants, grant };

  function apply(): void {
    if (wants() > 0) gate.apply(applicant);
    const mayStart = queue.length > 0 && !stopped && !paused && inFlight < limit.current();
    if (!rate || cancelTimer !== undefined || !mayStart) return;
    // A token may have come since: then the gate has it asked for, or nobody has, and it is looked again soon.
    const waitMs = rate.waitMs() || LOOK_AGAIN_MS;
    if (!Number.isFinite(waitMs)) return;
    cancelTimer = clock.after(waitMs, () => {
      cancelTimer = undefined;
      apply();
    });
  }

  function applyAnew(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    apply();
  }

  return {
    counts,
    get inFlight() {
      return inFlight;
    },
    get waiting() {
      return queue.length;
    },
    get limit() {
      return limit.current();
    },
    get binds() {
      if (queue.length === 0) return retryBudget && retryBudget.waiting > 0 ? "retry-budget" : undefined;
      if (paused) return "paused";
      if (inFlight >= limit.current()) return "limit";
      return rate?.available() === 0 ? "rate" : "permits";
    },
    find(id) {
      const found = queue.find(id);
      if (!found) return undefined;
      const { attempt } = found.message;
      // A pause, and a rate, hold whoever's turn it is.
      const state = this.binds ?? "permits";
      if (!options.fair || found.ahead === 0 || state === "paused") return { state, attempt };
      return { state: "fair-share", attempt, ahead: found.ahead };
    },
    offer(messages) {
      queue.push(messages);
      apply();
    },
    release(count) {
      if (inFlight >= limit.current()) limit.reached?.();
      inFlight -= count;
      gate.release(count);
      apply();
    },
    stop() {
      stopped = true;
      cancelTimer?.();
    },
    limitChanged: apply,
    change(to) {
      paused = to.paused;
      if (to.rate?.count !== rateSettings?.count || to.rate?.periodMs !== rateSettings?.periodMs) {
        rateSettings = to.rate;
        rate = to.rate ? createRate(to.rate, clock, ratePart) : undefined;
      }
      applyAnew();
    },
    rate: {
      get isLimited() {
        return rate !== undefined;
      },
      get isWanted() {
        return queue.length > 0;
      },
      take(part) {
        if (part === ratePart) return;
        ratePart = part;
        rate?.share(part);
        applyAnew();
      },
      alive: (forMs) => rate?.comesFor(forMs),
    },
  };
}
