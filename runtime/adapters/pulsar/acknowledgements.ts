import type { Cancel, Clock } from "../../contract/clock.ts";
import { FivefoldError } from "../../contract/errors.ts";
import type { Link } from "./link.ts";

/** How long a consumer that closes waits for its last acknowledgements. */
const CLOSE_WAIT_MS = 5_000;

interface Call {
  readonly messageIds: readonly string[];
  readonly resolve: () => void;
  readonly reject: (error: FivefoldError) => void;
  readonly cancelTimeout: Cancel;
}

export type Acknowledgements = ReturnType<typeof createAcknowledgements>;

/**
 * Acknowledges over a WebSocket. Pulsar answers no acknowledgement; so each call's are followed by a question that it
 * does answer, in order, which shows that it took them. Those that a broken connection left unanswered are sent again.
 */
export function createAcknowledgements(settings: {
  readonly what: string;
  readonly link: Link;
  readonly timeoutMs: number;
  readonly clock: Clock;
}) {
  const { what, link, clock } = settings;
  /** In the order of their questions. */
  const calls = new Set<Call>();
  /** Whether an answer that still comes by this connection may be for a call that was given up. */
  let isUnclear = false;
  let onIdle = () => {};

  function send({ messageIds }: Call): void {
    for (const messageId of messageIds) link.send(JSON.stringify({ messageId }));
    link.send(JSON.stringify({ type: "isEndOfTopic" }));
  }

  function end(call: Call): void {
    calls.delete(call);
    call.cancelTimeout();
    if (calls.size === 0) onIdle();
  }

  /** An answer that comes after all would be taken for the next call's: all are sent again by another connection. */
  function expire(call: Call): void {
    const fault =
      link.fault ??
      new FivefoldError(
        "not-connected",
        `${what}: the broker did not confirm acknowledgements for ${Math.round(settings.timeoutMs / 1_000)} s.`,
      );
    end(call);
    call.reject(fault);
    isUnclear = true;
    link.drop("it did not confirm acknowledgements");
  }

  return {
    /** Resolves once the broker took them. */
    add(messageIds: readonly string[]): Promise<void> {
      return new Promise((resolve, reject) => {
        const cancelTimeout = clock.after(settings.timeoutMs, () => expire(call));
        const call: Call = { messageIds, resolve, reject, cancelTimeout };
        calls.add(call);
        send(call);
      });
    },
    /** Told of an answer. */
    confirmed(): void {
      const [call] = calls;
      if (!call || isUnclear) return;
      end(call);
      call.resolve();
    },
    sendAgain(): void {
      isUnclear = false;
      for (const call of calls) send(call);
    },
    /** Waits for what is under way; what isn't confirmed in time may come again. */
    async close(): Promise<void> {
      if (calls.size > 0 && link.isOpen) {
        await new Promise<void>((resolve) => {
          const cancel = clock.after(CLOSE_WAIT_MS, resolve);
          onIdle = () => {
            cancel();
            resolve();
          };
        });
      }
      for (const call of [...calls]) {
        end(call);
        call.reject(new FivefoldError("closed", `${what}: the consumer was closed before the broker confirmed.`));
      }
    },
  };
}
