import type { TaskRecord } from "../contract/contract.ts";

/** A record that waits, and the topic that it goes to once it is due. */
export interface Delayed {
  readonly topic: string;
  /** Ms since the Unix epoch. For a retry it is later than the record's own `dueAt`, which deadlines count from. */
  readonly dueAt: number;
  readonly record: TaskRecord;
}

/** A due record that this process may fire until the lease ends. */
export interface DelayedClaim extends Delayed {
  /** The store's own. */
  readonly key: unknown;
}

/** What waits for one topic and, where that is set, for one subscription of it alone. */
export interface DelayedGroup {
  readonly topic: string;
  /** Empty: for all subscriptions. */
  readonly subscription: string;
  readonly count: number;
  /** When the first of them is due, in ms since the Unix epoch. */
  readonly firstDueAt: number;
}

/**
 * What became of a wish to cancel a task. `cancelled`: it never runs. `started`: its time has come, so that it runs, or has
 * run. `unknown`: it does not wait here, or its time came meanwhile; it may run.
 */
export type Cancellation = "cancelled" | "started" | "unknown";

/** What became of a wish to have a task run at another time; `started` and `unknown` as above. */
export type Rescheduling = "rescheduled" | "started" | "unknown";

/** A task that was delayed as it was enqueued. */
export interface DelayedTask {
  readonly id: string;
  /** When it was due as it was enqueued. */
  readonly dueAt: number;
  /** All that are to get it: where it does not wait for each of them, it may be under way to one. */
  readonly subscriptions: readonly string[];
}

/** How long what was cancelled, or rescheduled, is remembered: until its event, if a worker died before it could settle it, has come again. */
export const CANCELLED_FOR_MS = 30 * 86_400_000;

/** Keeps records until they are due, apart from the topics: a queue can't hold back one record without the rest. */
export interface DelayStore {
  /** The longest wait that it keeps, in ms. */
  readonly horizonMs: number;
  /** Whether one worker alone uses it, which need not look for what others added. Default false. */
  readonly isOfOneWorker?: boolean;
  /**
   * The time by the store's own clock, in ms since the Unix epoch: the same for all processes, and never ahead of that
   * clock. Absent where they share a machine's clock anyway.
   */
  readonly now?: (() => number) | undefined;
  /**
   * Resolves once all are durable. Adding a record (id, subscription, due time) that waits already changes nothing. One
   * that is claimed waits anew: whoever claimed it before removes nothing of what was added since.
   */
  add(delayed: readonly Delayed[]): Promise<void>;
  /**
   * Leases up to `max` records whose time has come, soonest first. Whoever fires them removes them; if it crashes
   * before, they can be claimed again once the lease has ended.
   */
  claimDue(nowMs: number, max: number, leaseMs: number): Promise<readonly DelayedClaim[]>;
  /** Moves the end of these claims' leases to `untilMs`. A claim that does not hold its record any more stays as it is. */
  renew(claims: readonly DelayedClaim[], untilMs: number): Promise<void>;
  /** Removes what was fired, where it is still as it was claimed. */
  remove(claims: readonly DelayedClaim[]): Promise<void>;
  /** What waits, by topic and subscription. Reads all of it: for people, not for a pipeline. */
  groups(): Promise<readonly DelayedGroup[]>;
  /** What waits of a task, claimed or not. May read all: for people, not for a pipeline. */
  find(id: string): Promise<readonly Delayed[]>;
  /** As `claimDue`, of one group and whether it is due or not; for whoever moves or drops it. */
  claimOf(
    group: Pick<DelayedGroup, "topic" | "subscription">,
    nowMs: number,
    max: number,
    leaseMs: number,
  ): Promise<readonly DelayedClaim[]>;
  /**
   * Cancels a task that waits for all of its subscriptions, and is due after `tooLateMs`, for good: also what is added of it
   * later is never claimed.
   */
  cancel(task: DelayedTask, tooLateMs: number): Promise<Cancellation>;
  /**
   * Has a task come due at `dueAt`, its record's own due time included, where it could be cancelled; a cancelled one is
   * `unknown`. Copies with another due time, which are or come to be elsewhere, are outdated from then on.
   */
  reschedule(task: DelayedTask, dueAt: number, tooLateMs: number): Promise<Rescheduling>;
  /** The ids of those that must not run, as they are here: cancelled, or rescheduled since. */
  outdated(tasks: readonly Pick<TaskRecord, "id" | "dueAt">[]): Promise<ReadonlySet<string>>;
  /** Calls this where something may be due earlier than was told. Absent: others may see to that, and it has to be looked for. */
  readonly onSooner?: ((listener: () => void) => void) | undefined;
  /** When the next record is due or its lease ends, ms since the Unix epoch; Infinity: none waits. */
  nextDueAt(): Promise<number>;
  /** How many wait. */
  size(): Promise<number>;
  close(): Promise<void>;
}

/** Counts what waits, by topic and subscription. */
export function groupsOf(waiting: Iterable<Delayed>): DelayedGroup[] {
  const groups = new Map<string, { -readonly [K in keyof DelayedGroup]: DelayedGroup[K] }>();
  for (const { topic, dueAt, record } of waiting) {
    const key = JSON.stringify([topic, record.subscription]);
    const group = groups.get(key) ?? { topic, subscription: record.subscription, count: 0, firstDueAt: dueAt };
    group.count++;
    group.firstDueAt = Math.min(group.firstDueAt, dueAt);
    groups.set(key, group);
  }
  return [...groups.values()];
}
