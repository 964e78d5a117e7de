import { type Cancel, type Clock, sleep } from "../contract/clock.ts";
import type { Message, ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { Consumer } from "../transport/transport.ts";
import { hasLate, outdatedAmong } from "./cancelled-late.ts";
import type { Delayed, DelayStore } from "./delay-store.ts";
import { createKeyLimit } from "./key-limit.ts";
import { createLanes, type Lanes } from "./lanes.ts";

export interface SchedulerOptions {
  readonly consumer: Consumer;
  readonly topic: string;
  readonly subscription: string;
  /** Whether tasks of one key run one after another. */
  readonly ordered: boolean;
  /** Most tasks of one key that run at once, where they have keys and no order. 0: no bound. */
  readonly maxPerKey: number;
  /** Most tasks held at once that run or could run. What waits for its time, or behind others of its key, does not count. */
  readonly maxHeld: () => number;
  /** What the transport promises of messages that are given back. */
  readonly givesBackInOrder: boolean;
  /** Stores records until they are due; resolves once they are durable. */
  readonly delay: (delayed: readonly Delayed[]) => Promise<void>;
  /** Which of these tasks must not run: they are cancelled, or rescheduled. */
  readonly outdated: DelayStore["outdated"];
  /** Takes tasks that may start now. */
  readonly start: (messages: readonly Message[]) => void;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

/** A task that waits here: until `at`, in ms since the Unix epoch, or behind `ahead` others of its key. */
export interface HeldTask {
  readonly state: "not-due" | "retry-later" | "behind-key";
  readonly attempt: number;
  readonly at?: number;
  readonly ahead?: number;
  readonly key?: string;
}

export interface Scheduler {
  /** Starts to take tasks in. */
  run(): void;
  /** Told of tasks that ended for good (settled): makes room, and lets the next of their keys start. */
  ended(messages: readonly Message[]): void;
  /** Starts a held task again, in that time; it keeps its key, and nothing behind it starts before. Makes room for others. */
  again(message: Message, afterMs: number): void;
  /** Told that `maxHeld` may have risen. */
  roomChanged(): void;
  /** Where a task is that is held here and can't start for its time or its key. Looks at all: for people. */
  find(id: string): HeldTask | undefined;
  /** Takes nothing more and starts nothing more. What is held stays so: the consumer gives it back when it closes. */
  stop(): void;
  /** Since the start: received from the transport, put off until due, passed over as another subscription's. */
  readonly counts: { received: number; delayed: number; skipped: number };
}

const RETRY_MS = 500;
const LONGEST_SHOWN_KEY = 100;
/** Of tasks that failed and keep their keys, and of those behind others of their key: with more in memory, nothing more is received. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** About what a message takes besides its payload. */
const MESSAGE_BYTES = 512;
/** Brokers hand out what they hold back up to a second early. */
const LONGEST_WAIT_MS = 2_000;

const bytesOf = ({ payload }: Message): number => payload.length + MESSAGE_BYTES;

function bytesOfAll(messages: readonly Message[]): number {
  return messages.reduce((bytes, message) => bytes + bytesOf(message), 0);
}

/** Before which it must not start, in ms since the Unix epoch. */
function dueAtOf({ dueAt, notBefore = 0 }: Message): number {
  return Math.max(dueAt, notBefore);
}

/**
 * Brings one subscription's tasks in: what isn't due goes to the delay store, what belongs to another subscription is
 * settled, tasks of one key form lanes or wait for their key's limit, the rest may start. It takes from the transport only
 * what it has room for, so overload leaves tasks where other workers can take them.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { consumer, clock, start, subscription } = options;
  const lanes = options.ordered ? createLanes() : undefined;
  const keys = lanes ?? (options.maxPerKey > 0 ? createKeyLimit(options.maxPerKey) : undefined);
  const counts = { received: 0, delayed: 0, skipped: 0 };
  const waits = new Map<Cancel, { readonly message: Message; readonly at: number }>();
  /** Tasks that run or could run. */
  let held = 0;
  /** Of those that can't, in bytes. */
  let waiting = 0;
  /** Keys whose first task failed, until it is tried again. */
  const failing = new Set<string>();
  /** Keys of which something is to be given back. */
  const crowded = new Set<string>();
  let stopped = false;
  let wakeIntake = () => {};

  async function takeIn(): Promise<void> {
    while (!stopped) {
      const room = waiting < MAX_WAITING_BYTES ? options.maxHeld() - held : 0;
      // A transport is asked for many at once or not at all: a call for each freed place would make batches of one.
      if (room * 4 < options.maxHeld()) {
        await new Promise<void>((resolve) => {
          wakeIntake = resolve;
        });
        continue;
      }
      try {
        const messages = await consumer.receive(room);
        // The consumer is closed: it will never have more.
        if (messages.length === 0) return;
        // One time for all of it: what comes due while others are looked up was not, and is put off.
        const now = clock.now();
        const kept = hasLate(messages, now) ? await withoutOutdated(messages, now) : messages;
        if (!stopped) accept(kept, now);
      } catch (error) {
        if (stopped) return;
        report("Tasks can't be received now", error);
        await sleep(clock, RETRY_MS);
      }
    }
  }

  /** Those that are to run as they are; the others are settled. */
  async function withoutOutdated(messages: readonly Message[], now: number): Promise<readonly Message[]> {
    while (!stopped) {
      try {
        const outdated = await outdatedAmong(messages, now, options.outdated);
        if (outdated.size > 0) void settle([...outdated]);
        return messages.filter((message) => !outdated.has(message));
      } catch (error) {
        report("Which delayed tasks are cancelled or rescheduled can't be told now", error);
        await sleep(clock, RETRY_MS);
      }
    }
    return messages;
  }

  function accept(messages: readonly Message[], now: number): void {
    counts.received += messages.length;
    let runnable: Message[] | readonly Message[] = messages;
    if (messages.some((message) => isForOthers(message) || dueAtOf(message) > now)) {
      const others = messages.filter(isForOthers);
      const own = messages.filter((message) => !isForOthers(message));
      const soon = own.filter((message) => isSoon(message, now));
      const early = own.filter((message) => dueAtOf(message) > now && !isSoon(message, now));
      runnable = own.filter((message) => dueAtOf(message) <= now);
      for (const message of soon) startIn(message, dueAtOf(message) - now);
      counts.skipped += others.length;
      counts.delayed += early.length;
      if (others.length > 0) void settle(others);
      if (early.length > 0) void putOff(early);
    }
    if (keys) {
      const heads = keys.enter(runnable);
      if (lanes && failing.size > 0) for (const { key } of runnable) if (failing.has(key)) giveBackSoon(key, lanes);
      if (heads.length < runnable.length) waiting += bytesOfAll(runnable) - bytesOfAll(heads);
      runnable = heads;
    }
    held += runnable.length;
    if (runnable.length > 0) start(runnable);
  }

  /** What its transport has held back for about long enough waits here for the rest. */
  function isSoon(message: Message, now: number): boolean {
    const { notBefore = 0 } = message;
    return !keys && message.dueAt <= now && notBefore > now && notBefore - now <= LONGEST_WAIT_MS;
  }

  /** Starts a task in that time. Until then it takes nobody's room. */
  function startIn(message: Message, afterMs: number): void {
    waiting += bytesOf(message);
    const cancel = clock.after(afterMs, () => {
      waits.delete(cancel);
      waiting -= bytesOf(message);
      held += 1;
      failing.delete(message.key);
      if (!stopped) start([message]);
    });
    waits.set(cancel, { message, at: clock.now() + afterMs });
  }

  function again(message: Message, afterMs: number): void {
    held -= 1;
    if (lanes) {
      failing.add(message.key);
      giveBackSoon(message.key, lanes);
    }
    startIn(message, afterMs);
    wakeIntake();
  }

  /**
   * Gives back what waits behind a task that failed, in this turn's aftermath: what the transport has handed out by then is
   * here, and nothing that comes later in the key's order stays behind.
   */
  function giveBackSoon(key: string, lanes: Lanes): void {
    if (!options.givesBackInOrder) return;
    if (crowded.size === 0) {
      clock.soon(() => {
        const keys = [...crowded];
        crowded.clear();
        if (!stopped) for (const key of keys) giveBackBehind(key, lanes);
      });
    }
    crowded.add(key);
  }

  /** What waits behind a task that failed is left to the transport, which knows how to keep it in order. */
  function giveBackBehind(key: string, lanes: Lanes): void {
    const behind = lanes.takeBehind(key);
    if (behind.length === 0) return;
    try {
      consumer.negativeAcknowledge(behind);
      waiting -= bytesOfAll(behind);
    } catch (error) {
      lanes.putBehind(key, behind);
      report("Tasks behind one that failed can't be given back now", error);
    }
  }

  function isForOthers(message: Message): boolean {
    return message.subscription !== "" && message.subscription !== subscription;
  }

  /** Tries until it is done: they would come to nobody else, and be counted as backlog. */
  async function settle(messages: readonly Message[]): Promise<void> {
    for (;;) {
      try {
        await consumer.acknowledge(messages);
        return;
      } catch (error) {
        if (stopped || (error instanceof FivefoldError && error.code === "closed")) return;
        report("Tasks can't be acknowledged now", error);
        await sleep(clock, RETRY_MS);
      }
    }
  }

  /** The delay store gets one record for this subscription alone: each subscription puts off its own copy. */
  async function putOff(messages: readonly Message[]): Promise<void> {
    const delayed = messages.map((message) => {
      const { position: _, notBefore: __, ...record } = message;
      return { topic: options.topic, dueAt: dueAtOf(message), record: { ...record, subscription } };
    });
    while (!stopped) {
      try {
        await options.delay(delayed);
        return settle(messages);
      } catch (error) {
        report("Tasks can't be put off now", error);
        await sleep(clock, RETRY_MS);
      }
    }
  }

  function report(what: string, error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error);
    const message = `${what} for '${options.topic}' (${subscription}), and are kept: ${cause}`;
    options.reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
  }

  return {
    counts,
    run() {
      void takeIn();
    },
    ended(messages) {
      held -= messages.length;
      const heads = keys?.leave(messages) ?? [];
      if (heads.length > 0) {
        held += heads.length;
        waiting -= bytesOfAll(heads);
      }
      wakeIntake();
      if (heads.length > 0 && !stopped) start(heads);
    },
    again,
    roomChanged: () => wakeIntake(),
    find(id) {
      const behind = keys?.find(id);
      if (behind) {
        const { key, attempt } = behind.message;
        return { state: "behind-key", attempt, ahead: behind.ahead, key: key.slice(0, LONGEST_SHOWN_KEY) };
      }
      for (const { message, at } of waits.values()) {
        const { attempt } = message;
        if (message.id === id) return { state: attempt > 1 ? "retry-later" : "not-due", attempt, at };
      }
      return undefined;
    },
    stop() {
      stopped = true;
      for (const cancel of waits.keys()) cancel();
      wakeIntake();
    },
  };
}
