import type { Cancel, Clock } from "../../clock.ts";
import { FivefoldError } from "../../errors.ts";

/** Sent and not yet confirmed, at most: what is behind waits here, where it can be withdrawn. */
const MAX_SENT = 2_000;
const MAX_SENT_BYTES = 8 * 1_024 * 1_024;
/** While there is no connection, at most this much waits. */
const MAX_AWAY_BYTES = 64 * 1_024 * 1_024;
/** Calls that end so close together end at once. */
const EXPIRE_STEP_MS = 50;

/** One call of `publish`. */
interface Call {
  /** Items that are not confirmed. */
  rest: number;
  readonly deadline: number;
  /** Whether any of its items was sent: whatever becomes of the call, it may be stored then. */
  isSent: boolean;
  isEnded: boolean;
  readonly resolve: () => void;
  readonly reject: (error: FivefoldError) => void;
}

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
  const { what, timeoutMs, clock } = settings;
  /** In the order of their deadlines. */
  const calls = new Set<Call>();
  const sent = new Map<number, Pending<Item>>();
  let sentBytes = 0;
  /** Behind what is sent, in order; before `waitingFrom` all is taken. */
  let waiting: Pending<Item>[] = [];
  let waitingFrom = 0;
  let waitingBytes = 0;
  let next = 0;
  let cancelExpiry: Cancel | undefined;
  let onIdle: (() => void)[] = [];

  function end(call: Call): void {
    call.isEnded = true;
    calls.delete(call);
    if (calls.size > 0) return;
    cancelExpiry?.();
    cancelExpiry = undefined;
    settings.onBusy(false);
    for (const resolve of onIdle) resolve();
    onIdle = [];
  }

  /** Ends calls with that error. Thousands may end at once: they share what they are told. */
  function giveUp(ending: Iterable<Call>, error: FivefoldError): void {
    let whenSent: FivefoldError | undefined;
    let whenNot: FivefoldError | undefined;
    for (const call of ending) {
      if (call.isEnded) continue;
      end(call);
      if (call.isSent) whenSent ??= ended(error, true);
      else whenNot ??= ended(error, false);
      call.reject((call.isSent ? whenSent : whenNot)!);
    }
  }

  function expireLater(): void {
    const [first] = calls;
    if (!first || cancelExpiry) return;
    const restMs = Math.max(EXPIRE_STEP_MS, first.deadline - clock.monotonic());
    cancelExpiry = clock.after(restMs, () => {
      cancelExpiry = undefined;
      expire();
    });
  }

  function expire(): void {
    const now = clock.monotonic();
    const late: Call[] = [];
    for (const call of calls) {
      if (call.deadline > now) break;
      late.push(call);
    }
    if (late.length > 0) {
      giveUp(late, settings.late());
      withdraw();
    }
    expireLater();
  }

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
      return new Promise((resolve, reject) => {
        const deadline = clock.monotonic() + timeoutMs;
        const call: Call = { rest: items.length, deadline, isSent: false, isEnded: false, resolve, reject };
        for (const { item, bytes } of items) waiting.push({ item, isKept: false, bytes, call, sequence: undefined });
        waitingBytes += bytes;
        calls.add(call);
        if (calls.size === 1) settings.onBusy(true);
        expireLater();
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
      if (!call || call.isEnded) return;
      call.rest -= 1;
      if (call.rest > 0) return;
      end(call);
      call.resolve();
    },
    fail(sequence, error) {
      const call = release(sequence)?.call;
      if (!call) return;
      giveUp([call], error);
      if (call.rest > 1) withdraw();
    },
    failAll(error) {
      giveUp([...calls], error);
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
    idle: () =>
      calls.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            onIdle.push(resolve);
          }),
    get isIdle() {
      return calls.size === 0;
    },
  };
}

/** The error that a call ends with, which says whether its records may arrive all the same. */
function ended(error: FivefoldError, isSent: boolean): FivefoldError {
  const rest = isSent ? "What was sent may still be stored." : "Nothing of this call was stored, or will be.";
  return new FivefoldError(error.code, `${error.message} ${rest}`, { cause: error.cause, mayBeStored: isSent });
}
