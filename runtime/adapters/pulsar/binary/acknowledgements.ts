import type { Cancel, Clock } from "../../../contract/clock.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import type { Entry } from "./entry.ts";
import { serverError } from "./server-errors.ts";
import type { Attached } from "./session.ts";

/** CommandAck's type for what is acknowledged one by one. */
const INDIVIDUAL = 0;
/** How long a consumer that closes waits for its last acknowledgements. */
const CLOSE_WAIT_MS = 5_000;
/** The most entries that one command acknowledges. */
const MAX_ENTRIES = 1_000;

/** What is acknowledged by one command, for several callers. */
interface Call {
  readonly entries: ReadonlySet<Entry>;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: FivefoldError) => void;
  readonly cancelTimeout: Cancel;
}

export interface EntryAcknowledgements {
  /** Resolves once the broker took them. */
  add(places: Iterable<{ readonly entry: Entry; readonly index: number }>): Promise<void>;
  /** By another connection. */
  sendAgain(): void;
  /** Waits for what is under way; what isn't confirmed in time may come again. */
  close(): Promise<void>;
}

/**
 * Acknowledges entries, in whole or in part, and waits for the broker's answer. What is acknowledged in one turn goes as
 * one command. What a broken connection left unanswered is sent again.
 */
export function createEntryAcknowledgements(settings: {
  readonly what: string;
  readonly attached: () => Attached | undefined;
  /** Why there is no connection. */
  readonly fault: () => FivefoldError | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
}): EntryAcknowledgements {
  const { what, timeoutMs, clock } = settings;
  /** Sent, or to be sent by the next connection. */
  const calls = new Set<Call>();
  /** What this turn collects. */
  let collecting: (Call & { entries: Set<Entry> }) | undefined;
  let onIdle = () => {};

  function collect(): Call & { entries: Set<Entry> } {
    if (collecting && collecting.entries.size < MAX_ENTRIES) return collecting;
    let resolve = () => {};
    let reject: (error: FivefoldError) => void = () => {};
    const promise = new Promise<void>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    const cancelTimeout = clock.after(timeoutMs, () => end(call, late()));
    const call = { entries: new Set<Entry>(), promise, resolve, reject, cancelTimeout };
    calls.add(call);
    collecting = call;
    clock.soon(() => {
      if (collecting === call) collecting = undefined;
      send(call);
    });
    return call;
  }

  function late(): FivefoldError {
    const seconds = Math.round(timeoutMs / 1_000);
    return (
      settings.fault() ??
      new FivefoldError("not-connected", `${what}: the broker did not confirm acknowledgements for ${seconds} s.`)
    );
  }

  function send(call: Call): void {
    const attached = settings.attached();
    if (!attached || !calls.has(call)) return;
    const { connection, id } = attached;
    const messageIds = Array.from(call.entries, ({ settled }) => settled);
    connection.request(what, "ack", { consumerId: id, type: INDIVIDUAL, messageIds }).then(
      (answer) => {
        if (answer.name !== "ackResponse" || answer.error === undefined) return end(call, undefined);
        end(call, serverError(what, answer.error, answer.message));
      },
      (error: FivefoldError) => {
        // The next connection sends it again.
        if (settings.attached() === attached) end(call, error);
      },
    );
  }

  function end(call: Call, error: FivefoldError | undefined): void {
    if (!calls.delete(call)) return;
    call.cancelTimeout();
    if (error) call.reject(error);
    else call.resolve();
    if (calls.size === 0) onIdle();
  }

  return {
    add(places) {
      const call = collect();
      let last: Entry | undefined;
      for (const { entry, index } of places) {
        entry.acknowledge(index);
        // Neighbours are mostly of one entry.
        if (entry !== last) call.entries.add(entry);
        last = entry;
      }
      return call.promise;
    },
    sendAgain() {
      for (const call of calls) if (call !== collecting) send(call);
    },
    async close() {
      if (calls.size > 0 && settings.attached()) {
        await new Promise<void>((resolve) => {
          const cancel = clock.after(CLOSE_WAIT_MS, resolve);
          onIdle = () => {
            cancel();
            resolve();
          };
        });
      }
      for (const call of [...calls]) {
        end(call, new FivefoldError("closed", `${what}: the consumer was closed before the broker confirmed.`));
      }
    },
  };
}
