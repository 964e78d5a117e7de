import type { Clock } from "../../../contract/clock.ts";
import type { Message } from "../../../contract/contract.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import { checkMax, rangesOf } from "../../../transport/message-position.ts";
import { createSelectiveReceiver, type SelectiveReceiver } from "../../../transport/selective-receiver.ts";
import type { Range } from "../../../transport/subscription-state.ts";
import { markSuspects, type Suspect } from "../../../transport/suspects.ts";
import type { Consumer, SubscribeOptions, SubscriptionType } from "../../../transport/transport.ts";
import { StoreHeldError, storageCorrupt } from "../../storage-error.ts";
import { createEntryCursor, type UnreadableRange } from "./entry-cursor.ts";
import type { Log } from "./log.ts";
import type { EmbeddedSubscription } from "./subscription.ts";
import type { Waiter, WakeUp } from "./wake-up.ts";

/** Before records of a newer format are tried again, by whoever can read them then. */
const NEWER_RETRY_MS = 30_000;

/** A consumer that has joined its subscription. */
export function createEmbeddedConsumer(settings: {
  readonly consumer: { id: number; session: number };
  readonly type: SubscriptionType;
  readonly options: SubscribeOptions;
  readonly subscription: EmbeddedSubscription;
  readonly log: Pick<Log, "entryAt" | "entryAfter" | "oldest">;
  readonly wakeUp: Pick<WakeUp, "wait">;
  readonly clock: Clock;
  readonly explain: (error: unknown) => unknown;
  readonly onClose: () => void;
}): Consumer & { stop(): void } {
  const { consumer, type, subscription, log, clock } = settings;
  const entries = createEntryCursor(log, subscription.topic.firstPartition);
  const ordered = type === "key-shared";
  /** What comes next is what the consumer gets, unless keys may have to wait, or tenants have turns. */
  const { fair = false, heldPerKey = Number.POSITIVE_INFINITY } = settings.options;
  const receiver =
    ordered || fair ? createSelectiveReceiver({ ordered, fair, heldPerKey, source: entries }) : undefined;
  let open = true;
  let turn = 0;
  /** Claimed, and not returned yet: also where the way from the one to the other failed. */
  let owed: Range[] = [];
  /** What is known of those that were in flight at a crash. */
  let suspects: readonly Suspect[] = [];
  /** Of records that could not be read, while others were returned. */
  let fault: unknown;
  let wait: { max: number; resolve: (m: readonly Message[]) => void; reject: (e: unknown) => void } | undefined;
  let stopWaiting = () => {};
  /** Whether another process, one that is stopped say, is in the way of all changes. */
  let isHeldUp = false;
  let isAboutToLook = false;

  function take(max: number): Message[] {
    if (fault) {
      const error = fault;
      fault = undefined;
      throw error;
    }
    if (receiver) return takePicked(receiver, max);
    if (owed.length === 0) ({ claimed: owed, suspects } = subscription.claim(consumer, type, max, turn));
    if (owed.length === 0) return [];
    turn = (owed.at(-1)!.partition + 1) % subscription.topic.partitions;
    const messages = readOwed();
    // Only records that were deleted: there may be more behind them.
    return messages.length === 0 ? take(max) : messages;
  }

  /** Reads what is owed. Where that fails it stays so, for another call. */
  function readOwed(): Message[] {
    const messages: Message[] = [];
    const unreadable: UnreadableRange[] = [];
    for (const range of owed) entries.readRange(range, messages, unreadable);
    if (unreadable.length > 0) report(unreadable);
    owed = [];
    return markSuspects(messages, suspects);
  }

  function takePicked(receiver: SelectiveReceiver, max: number): Message[] {
    if (owed.length > 0) return readOwed();
    const { claimed, isUnfinished, ...found } = subscription.claimPicked(consumer, type, receiver, max);
    suspects = found.suspects;
    owed = claimed.map(({ partition, offset }) => ({ partition, first: offset, end: offset + 1 }));
    const read = claimed.map(({ partition, offset, message }) => message ?? entries.read(partition, offset));
    // What can't be read is told of by the next call.
    owed = owed.filter((_, index) => read[index] === undefined);
    const messages = read.filter((message) => message !== undefined);
    if (messages.length > 0) return markSuspects(messages, suspects);
    if (owed.length > 0 || isUnfinished) lookSoon();
    return [];
  }

  function report(unreadable: readonly UnreadableRange[]): void {
    const newer = unreadable.filter((range) => range.fault === "newer");
    if (newer.length > 0) {
      subscription.giveBack(consumer.id, newer, clock.now() + NEWER_RETRY_MS);
      fault = new FivefoldError(
        "newer-version",
        `Topic '${subscription.topic.name}' has records in a format of a newer Fivefold. They were left for a process that can read them; upgrade this one.`,
      );
    }
    const damaged = unreadable.filter((range) => range.fault === "damaged" || range.fault === "missing");
    subscription.setAside(
      unreadable.filter((range) => range.fault === "trimmed"),
      damaged,
    );
    if (damaged.length === 0) return;
    const list = damaged.map(({ partition, first, end }) => `${first} to ${end - 1} of partition ${partition}`);
    fault = storageCorrupt(
      `Topic '${subscription.topic.name}'`,
      `records ${list.join(", ")} cannot be read. They were set aside and count as backlog; all others are delivered`,
    );
  }

  function look(): void {
    if (!wait) return;
    try {
      const messages = take(wait.max);
      if (messages.length > 0) finish(({ resolve }) => resolve(messages));
      else waiter.dueAt = receiver ? receiver.nextDueAt : subscription.claimableAt(consumer.id);
    } catch (error) {
      if (error instanceof StoreHeldError) lookWhenFree();
      else finish(({ reject }) => reject(settings.explain(error)));
    }
  }

  /** Looks once more in this turn's aftermath, where something is waited for. */
  function lookSoon(): void {
    if (isAboutToLook) return;
    isAboutToLook = true;
    clock.soon(() => {
      isAboutToLook = false;
      look();
    });
  }

  function lookWhenFree(): void {
    if (isHeldUp) return;
    isHeldUp = true;
    void subscription.untilFree().then(() => {
      isHeldUp = false;
      look();
    });
  }

  function finish(settle: (waited: NonNullable<typeof wait>) => void): void {
    const waited = wait;
    wait = undefined;
    stopWaiting();
    if (waited) settle(waited);
  }

  const waiter: Waiter = { topic: subscription.topic.name, dueAt: Number.POSITIVE_INFINITY, look };

  return {
    /** Ends a pending `receive` with nothing. */
    stop: () => finish(({ resolve }) => resolve([])),
    receive(max) {
      return new Promise((resolve, reject) => {
        checkMax(max);
        if (wait) throw new FivefoldError("invalid-option", "This consumer is receiving already: one call at a time.");
        if (!open) {
          resolve([]);
          return;
        }
        wait = { max, resolve, reject };
        look();
        if (wait) stopWaiting = settings.wakeUp.wait(waiter);
      });
    },
    async acknowledge(messages) {
      if (messages.length === 0) return;
      receiver?.settled(messages);
      if (wait && receiver?.ready) lookSoon();
      await subscription.settle(rangesOf(messages));
    },
    starting: subscription.starter(consumer.id),
    async rememberCrashes(messages, crashes) {
      try {
        await subscription.remember(messages.map((message) => ({ ...message, crashes })));
      } catch (error) {
        throw settings.explain(error);
      }
    },
    endNow(inFlight) {
      if (!open) return;
      open = false;
      try {
        subscription.leaveNow(consumer.id, inFlight);
      } catch {
        // Others find this process dead, and what it held in flight.
      }
    },
    negativeAcknowledge(messages, delayMs = 0) {
      if (messages.length === 0 || !open) return;
      const dueAt = delayMs > 0 ? clock.now() + delayMs : 0;
      const given = receiver?.returning(messages) ?? [];
      const onDone = (before: readonly number[], after: readonly number[]) =>
        receiver?.returned(given, dueAt === 0, before, after);
      try {
        subscription.giveBack(consumer.id, rangesOf(messages), dueAt, onDone);
      } catch (error) {
        receiver?.kept(given);
        throw settings.explain(error);
      }
    },
    async close() {
      if (!open) return;
      open = false;
      finish(({ resolve }) => resolve([]));
      settings.onClose();
      try {
        await subscription.leave(consumer.id);
      } catch (error) {
        throw settings.explain(error);
      }
    },
  };
}
