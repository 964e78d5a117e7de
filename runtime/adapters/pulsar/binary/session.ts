import type { Clock } from "../../../contract/clock.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import { about, unreachable } from "../errors.ts";
import { createReconnection } from "../reconnection.ts";
import type { Brokers, Purpose } from "./brokers.ts";
import type { Command } from "./commands.ts";
import type { BrokerConnection } from "./connection.ts";
import type { Delivery } from "./endpoint.ts";

/** A producer or a consumer on the connection that it has now. */
export interface Attached {
  readonly connection: BrokerConnection;
  readonly id: number;
}

export interface SessionSettings {
  /** For messages: `Publishing to topic 'orders'`. */
  readonly what: string;
  /** `persistent://tenant/namespace/name`. */
  readonly topicUrl: string;
  readonly purpose: Purpose;
  readonly brokers: Brokers;
  /** Checks what must be there before the broker is asked, which might create it. */
  readonly check: () => Promise<unknown>;
  /** Opens the producer or consumer in the broker. */
  readonly open: (attached: Attached) => Promise<unknown>;
  readonly onOpen: (attached: Attached) => void;
  readonly onCommand?: (command: Command) => void;
  readonly onMessage?: (delivery: Delivery, attached: Attached) => void;
  readonly onDrain?: () => void;
  /** Told each time that it ended, or couldn't be had, unless `close` was called. */
  readonly onDown: (error: FivefoldError) => void;
  /** A first one that takes longer, with all retries, is given up. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** A producer or a consumer in the broker that serves its topic. It comes back by itself. */
export interface Session {
  /** Undefined while there is none. */
  readonly attached: Attached | undefined;
  /** Why there is none; undefined while there is one. */
  readonly fault: FivefoldError | undefined;
  /** Whether the process must stay alive, though nothing else may keep it. */
  keepProcess(on: boolean): void;
  /** Ends it in the broker; a new one is made. */
  drop(error: FivefoldError): void;
  /** Ends it for good, and in the broker. */
  close(): Promise<void>;
}

/** What no waiting fixes, so that a first try is the last. */
function isFinal({ code }: FivefoldError): boolean {
  return code === "unauthorized" || code === "unknown-topic" || code === "invalid-option" || code === "closed";
}

/** Opens a session. Rejects where the first one can't be had; later ones are tried until it is closed. */
export async function openSession(settings: SessionSettings): Promise<Session> {
  const { what, purpose, brokers, clock } = settings;
  const isProducer = purpose === "produce";
  let attached: Attached | undefined;
  let fault: FivefoldError | undefined;
  let closed = false;
  const reconnection = createReconnection({
    attempt,
    faultOf: (error) => unreachable(what, "its broker", error),
    isFinal,
    onFailed(error) {
      if (!closed) down(unreachable(what, "its broker", error));
    },
    timeoutMs: settings.timeoutMs,
    clock,
  });

  async function attempt(): Promise<void> {
    await settings.check();
    const connection = await brokers.find(what, settings.topicUrl, purpose);
    if (closed) return;
    let ended: FivefoldError | undefined;
    const end = (error: FivefoldError) => {
      ended ??= about(what, error);
      if (attached === own) down(ended);
    };
    const endpoint = {
      onCommand(command: Command) {
        if (command.name === "closeProducer" || command.name === "closeConsumer") {
          forget(own);
          end(new FivefoldError("not-connected", `${what}: the broker passed the topic on.`));
        } else if (attached === own) settings.onCommand?.(command);
      },
      onMessage(delivery: Delivery) {
        if (attached === own) settings.onMessage?.(delivery, own);
      },
      onDrain() {
        if (attached === own) settings.onDrain?.();
      },
      onEnd: end,
    };
    const id = isProducer ? connection.addProducer(endpoint) : connection.addConsumer(endpoint);
    const own: Attached = { connection, id };
    try {
      await settings.open(own);
    } catch (error) {
      // A broker that is late may open it all the same.
      void leave(own);
      throw error;
    }
    if (ended) throw ended;
    if (closed) return leave(own);
    attached = own;
    reconnection.opened();
    fault = undefined;
    settings.onOpen(own);
  }

  function forget({ connection, id }: Attached): void {
    if (isProducer) connection.removeProducer(id);
    else connection.removeConsumer(id);
  }

  /**
   * A consumer that the broker goes on believing in would be kept from others what it was given, and keys that are its
   * own: where the broker does not confirm its end, the connection ends, and with it all consumers by it.
   */
  async function leave({ connection, id }: Attached): Promise<void> {
    try {
      if (!connection.isOpen) return;
      if (isProducer) await connection.request(what, "closeProducer", { producerId: id });
      else await connection.request(what, "closeConsumer", { consumerId: id });
    } catch (error) {
      if (!isProducer) connection.drop(about(what, unreachable(what, "its broker", error)));
    } finally {
      forget({ connection, id });
    }
  }

  function down(error: FivefoldError): void {
    attached = undefined;
    fault = error;
    if (closed) return;
    settings.onDown(error);
    reconnection.again();
  }

  await reconnection.openFirst();
  return {
    get attached() {
      return attached;
    },
    get fault() {
      return fault;
    },
    keepProcess: reconnection.keepProcess,
    drop(error) {
      const dropped = attached;
      if (!dropped) return;
      void leave(dropped);
      down(error);
    },
    async close() {
      if (closed) return;
      closed = true;
      reconnection.stop();
      const last = attached;
      attached = undefined;
      if (last) await leave(last);
    },
  };
}
