import type { Clock } from "../../contract/clock.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { type Call, createPublishCalls } from "./publish-calls.ts";

/** Sent and not yet confirmed, at most: what is behind waits here, where it can be withdrawn. */
const MAX_SENT = 2_000;
const MAX_SENT_BYTES = 8 * 1_024 * 1_024;
/** While there is no connection, at most this much waits. */
const MAX_AWAY_BYTES = 64 * 1_024 * 1_024;
/** An item on its way. */
export interface Pending<Item> {
  item: Item;
  /** Whether nobody else can change the item any more. */
  isKept: boolean;
  readonly bytes: number;
  readonly call: Call;
  /** Given when it is sent for the first time, without gaps; the same whenever it is sent again. */
  sequence: number | undefined;
}

export interface Outbox<Item> {
  /** Takes a call's items in. Resolves once all are confirmed; rejects with what `late` says once it takes too long. */
  add(items: readonly { readonly item: Item; readonly bytes: number }[]): Promise<void>;
  /** The next item to send, which is then taken for sent; undefined: there is none, or enough is under way. */
  take(): (Pending<Item> & { readonly sequence: number }) | undefined;
  confirm(sequence: number): void;
  /** Ends the call that an item is of. */
  fail(sequence: number, error: FivefoldError): void;
  /** Ends all calls; what they have not sent is withdrawn. */
  failAll(error: FivefoldError): void;
  /**
   * After a broken connection: all that is not confirmed is to be sent, in order, and what nobody waits for any more is
   * not. Returns the number that the next one sent will have.
   */
  rewind(): number;
  /** Has all that is to be sent numbered anew. Returns the first number. */
  renumber(): number;
  /** Copies what waits and was not copied before: a caller may change its records after its call. */
  keep(copy: (item: Item) => Item): void;
  /** Resolves once no call waits for its end. */
  idle(): Promise<void>;
  readonly isIdle: boolean;
}

/**
 * What a producer was given and the broker has not confirmed. An item is numbered when it is sent, not before: one that
 * is given up without having been sent is withdrawn, and leaves no gap. One that was sent and is given up keeps its
 * number until a connection is made without it, for the broker may have stored it under that number.
 */
export function createOutbox<Item>(settings: {
  /** For messages: `Publishing to topic 'orders'`. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Why a call has not ended in time. */
  readonly late: () => FivefoldError;
  /** Why there is no connection; undefined while there is one. */
  readonly fault: () => FivefoldError | undefined;
  /** Told when a first call waits, and when none does any more. */
  readonly onBusy: (isBusy: boolean) => void;
}): Outbox<Item> {
  const { what, timeoutMs, clock, late, onBusy } = settings;
  const calls = createPublishCalls({ timeoutMs, clock, late, onExpired: withdraw, onBusy });
  const sent = new Map<number, Pending<Item>>();
  let sentBytes = 0;
  /** Behind what is sent, in order; before `waitingFrom` all is taken. */
  let waiting: Pending<Item>[] = [];
  let waitingFrom = 0;
  let waitingBytes = 0;
  let next = 0;

  /** Lets go of what waits, was never sent, and nobody waits for any more. */
  function withdraw(): void {
    keepWaiting(({ call, sequence }) => sequence !== undefined || !call.isEnded);
  }

  function keepWaiting(isKept: (pending: Pending<Item>) => boolean): void {
    waiting = waiting.slice(waitingFrom).filter(isKept);
    waitingFrom = 0;
    waitingBytes = waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  function release(sequence: number): Pending<Item> | undefined {
    const pending = sent.get(sequence);
    if (!pending) return undefined;
    sent.delete(sequence);
    sentBytes -= pending.bytes;
    return pending;
  }

  function unsend(): void {
    waiting = [...sent.values(), ...waiting.slice(waitingFrom)];
    waitingFrom = 0;
    sent.clear();
    sentBytes = 0;
    keepWaiting(({ call }) => !call.isEnded);
  }

  function checkRoom(bytes: number): void {
    const fault = settings.fault();
    if (!fault || waitingBytes === 0 || waitingBytes + bytes <= MAX_AWAY_BYTES) return;
    throw new FivefoldError(
      fault.code,
      `${what}: there is no connection, and ${Math.round(waitingBytes / 1_048_576)} MiB wait for one already. Nothing of ` +
        `this call was stored. (${fault.message})`,
      { cause: fault },
    );
  }

  return {
    add(items) {
      const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
      checkRoom(bytes);
      return calls.add(items.length, (call) => {
        for (const { item, bytes } of items) waiting.push({ item, isKept: false, bytes, call, sequence: undefined });
        waitingBytes += bytes;
      });
    },
    take() {
      if (waitingFrom === waiting.length || sent.size >= MAX_SENT || sentBytes >= MAX_SENT_BYTES) return undefined;
      const pending = waiting[waitingFrom]!;
      waitingFrom += 1;
      if (waitingFrom === waiting.length) {
        waiting = [];
        waitingFrom = 0;
      }
      waitingBytes -= pending.bytes;
      pending.sequence ??= next++;
      pending.call.isSent = true;
      sent.set(pending.sequence, pending);
      sentBytes += pending.bytes;
      return pending as Pending<Item> & { sequence: number };
    },
    confirm(sequence) {
      const call = release(sequence)?.call;
      if (call) calls.confirm(call, 1);
    },
    fail(sequence, error) {
      const call = release(sequence)?.call;
      if (!call) return;
      calls.giveUp([call], error);
      if (call.rest > 1) withdraw();
    },
    failAll(error) {
      calls.giveUpAll(error);
      withdraw();
    },
    rewind() {
      unsend();
      return waiting[0]?.sequence ?? next;
    },
    renumber() {
      unsend();
      for (const pending of waiting) pending.sequence = undefined;
      return next;
    },
    keep(copy) {
      for (let index = waiting.length - 1; index >= waitingFrom; index--) {
        const pending = waiting[index]!;
        if (pending.isKept) return;
        pending.item = copy(pending.item);
        pending.isKept = true;
      }
    },
    idle: calls.idle,
    get isIdle() {
      return calls.isIdle;
    },
  };
}
