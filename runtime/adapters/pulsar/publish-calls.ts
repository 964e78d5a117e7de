import type { Cancel, Clock } from "../../contract/clock.ts";
import { FivefoldError } from "../../contract/errors.ts";

/** Calls that end so close together end at once. */
const EXPIRE_STEP_MS = 50;

/** One call of `publish`. */
export interface Call {
  /** Records that are not confirmed. */
  rest: number;
  readonly deadline: number;
  /** Whether any of its records was sent: whatever becomes of the call, it may be stored then. */
  isSent: boolean;
  isEnded: boolean;
  readonly resolve: () => void;
  readonly reject: (error: FivefoldError) => void;
}

/** The calls that wait for their records to be confirmed. */
export interface PublishCalls {
  /** `take` is given the call, to which it adds what is to be confirmed. Resolves once that is; rejects when it is late. */
  add(records: number, take: (call: Call) => void): Promise<void>;
  confirm(call: Call, records: number): void;
  /** Ends calls that have not ended with that error, which then says whether their records may arrive all the same. */
  giveUp(ending: Iterable<Call>, error: FivefoldError): void;
  /** Ends all. */
  giveUpAll(error: FivefoldError): void;
  /** Resolves once none waits. */
  idle(): Promise<void>;
  readonly isIdle: boolean;
}

export function createPublishCalls(settings: {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Why a call has not ended in time. */
  readonly late: () => FivefoldError;
  /** Calls were late. */
  readonly onExpired: () => void;
  /** Told when a first call waits, and when none does any more. */
  readonly onBusy: (isBusy: boolean) => void;
}): PublishCalls {
  const { timeoutMs, clock } = settings;
  /** In the order of their deadlines. */
  const calls = new Set<Call>();
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

  /** Thousands may end at once: they share what they are told. */
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
      settings.onExpired();
    }
    expireLater();
  }

  return {
    add: (records, take) =>
      new Promise((resolve, reject) => {
        const deadline = clock.monotonic() + timeoutMs;
        const call: Call = { rest: records, deadline, isSent: false, isEnded: false, resolve, reject };
        take(call);
        calls.add(call);
        if (calls.size === 1) settings.onBusy(true);
        expireLater();
      }),
    confirm(call, records) {
      if (call.isEnded) return;
      call.rest -= records;
      if (call.rest > 0) return;
      end(call);
      call.resolve();
    },
    giveUp,
    giveUpAll: (error) => giveUp([...calls], error),
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
