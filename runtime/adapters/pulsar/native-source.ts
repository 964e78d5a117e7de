import { type Cancel, type Clock, sleep } from "../../contract/clock.ts";
import { FivefoldError } from "../../contract/errors.ts";
import type { Source, SourceEvents } from "./consumer.ts";
import { recordOf } from "./envelope.ts";
import { createNativeBatches, type NativeHandle } from "./native-batches.ts";
import { type NativeConsumer, type NativeMessage, nativeError } from "./native-client.ts";
import type { ConsumerState } from "./standstill.ts";

/** How soon a receive that failed is tried again. */
const AGAIN_MS = 500;
const WATCH_EVERY_MS = 2_000;
/** A broker that has been back for so long gets another consumer. */
const LATE_RECONNECT_MS = 4_000;

/**
 * Messages from libpulsar, which reconnects by itself. One call of it waits at a time: those of several would end in any
 * order. A wait is for a single message, which costs nothing while none comes; then what follows is taken in batches.
 * (Its listeners would be as fast, but while one holds messages back it blocks those of other consumers.)
 */
export function createNativeSource<Id extends { toString(): string; serialize(): Buffer }>(
  settings: {
    readonly what: string;
    readonly consumer: NativeConsumer<Id>;
    readonly deserialize: (id: Buffer) => Id;
    /** The most that `batchReceive` returns. */
    readonly batchSize: number;
    /** Throws where topic or subscription are gone. */
    readonly look: () => Promise<ConsumerState | undefined>;
    readonly clock: Clock;
  },
  events: SourceEvents<NativeHandle<Id>>,
): Source<NativeHandle<Id>> {
  const { what, consumer, clock } = settings;
  const batches = createNativeBatches<Id>({
    acknowledgeId: (id) => consumer.acknowledgeId(id),
    deserialize: settings.deserialize,
    clock,
  });
  const acknowledging = new Set<Promise<void>>();
  let wanted = 0;
  let isReceiving = false;
  let closed = false;
  let releaseProcess: Cancel | undefined;
  let servesSince: number | undefined;
  let cancelWatch = watchLater();

  function watchLater(): Cancel {
    return clock.after(WATCH_EVERY_MS, () => void watch(), { background: true });
  }

  /** libpulsar waits for twice as long after each try to connect, up to a minute, whatever others find meanwhile. */
  async function watch(): Promise<void> {
    if (consumer.isConnected()) servesSince = undefined;
    else {
      const serves = await settings.look().then(
        () => true,
        () => false,
      );
      servesSince = serves ? (servesSince ?? clock.monotonic()) : undefined;
    }
    if (closed) return;
    if (servesSince === undefined || clock.monotonic() - servesSince < LATE_RECONNECT_MS) cancelWatch = watchLater();
    else events.onLost();
  }

  async function receive(): Promise<void> {
    let isFlowing = false;
    while (wanted > 0 && !closed) {
      try {
        const messages: readonly NativeMessage<Id>[] =
          isFlowing && wanted >= settings.batchSize ? await consumer.batchReceive() : [await consumer.receive()];
        isFlowing = messages.length > 0;
        wanted -= messages.length;
        for (const message of messages) take(message);
      } catch (error) {
        if (closed) return;
        events.onFault(nativeError(what, error));
        await sleep(clock, AGAIN_MS);
      }
    }
    isReceiving = false;
  }

  function take(message: NativeMessage<Id>): void {
    const messageId = message.getMessageId();
    const id = messageId.toString();
    const parts = {
      properties: message.getProperties(),
      key: message.getPartitionKey(),
      eventTime: message.getEventTimestamp(),
    };
    // Its data is a copy of what the message holds: https://github.com/apache/pulsar-client-node, src/Message.cc.
    events.onMessage(recordOf(parts, message.getData(), id), batches.take(messageId));
  }

  return {
    get fault() {
      if (consumer.isConnected()) return undefined;
      return new FivefoldError("not-connected", `${what}: no connection to Pulsar now; it is tried again.`);
    },
    ask(count) {
      wanted += count;
      if (isReceiving) return true;
      isReceiving = true;
      void receive();
      // Without a connection, too: libpulsar keeps what was asked for, and does not tell when it has another one.
      return true;
    },
    async acknowledge(handles) {
      const acknowledged = batches.acknowledge(handles);
      acknowledging.add(acknowledged);
      try {
        await acknowledged;
      } catch (error) {
        throw nativeError(what, error);
      } finally {
        acknowledging.delete(acknowledged);
      }
    },
    giveBack(handles) {
      for (const { id } of handles) consumer.negativeAcknowledgeId(id);
    },
    look: settings.look,
    keepProcess(on) {
      if (on && !closed) releaseProcess ??= clock.after(Number.MAX_SAFE_INTEGER, () => {});
      else {
        releaseProcess?.();
        releaseProcess = undefined;
      }
    },
    async close() {
      closed = true;
      cancelWatch();
      releaseProcess?.();
      await Promise.allSettled(acknowledging);
      await consumer.close().catch(() => {});
    },
  };
}
