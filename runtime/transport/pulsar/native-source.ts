import { type Cancel, type Clock, sleep } from "../../clock.ts";
import { FivefoldError } from "../../errors.ts";
import type { Source, SourceEvents } from "./consumer.ts";
import { recordOf } from "./envelope.ts";
import { type NativeConsumer, type NativeMessage, nativeError } from "./native-client.ts";

/** How soon a receive that failed is tried again. */
const AGAIN_MS = 500;

/**
 * Messages from libpulsar, which reconnects by itself. One call of it waits at a time: those of several would end in any
 * order. A wait is for a single message, which costs nothing while none comes; then what follows is taken in batches.
 * (Its listeners would be as fast, but while one holds messages back it blocks those of other consumers.)
 */
export function createNativeSource<Id extends { toString(): string }>(
  settings: {
    readonly what: string;
    readonly consumer: NativeConsumer<Id>;
    /** The most that `batchReceive` returns. */
    readonly batchSize: number;
    /** Throws where topic or subscription are gone. */
    readonly look: () => Promise<void>;
    readonly clock: Clock;
  },
  events: SourceEvents<Id>,
): Source<Id> {
  const { what, consumer, clock } = settings;
  let wanted = 0;
  let isReceiving = false;
  let closed = false;
  let releaseProcess: Cancel | undefined;

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
    const handle = message.getMessageId();
    const id = handle.toString();
    const parts = {
      properties: message.getProperties(),
      key: message.getPartitionKey(),
      eventTime: message.getEventTimestamp(),
    };
    // Its data is a copy of what the message holds: https://github.com/apache/pulsar-client-node, src/Message.cc.
    events.onMessage(id, handle, recordOf(parts, message.getData(), id));
  }

  return {
    get fault() {
      if (consumer.isConnected()) return undefined;
      return new FivefoldError("not-connected", `${what}: no connection to Pulsar now; it is tried again.`);
    },
    ask(count) {
      wanted += count;
      if (isReceiving) return;
      isReceiving = true;
      void receive();
    },
    async acknowledge(ids) {
      try {
        await Promise.all(ids.map((id) => consumer.acknowledgeId(id)));
      } catch (error) {
        throw nativeError(what, error);
      }
    },
    giveBack(ids) {
      for (const id of ids) consumer.negativeAcknowledgeId(id);
    },
    look: settings.look,
    keepProcess(on) {
      if (on) releaseProcess ??= clock.after(Number.MAX_SAFE_INTEGER, () => {});
      else {
        releaseProcess?.();
        releaseProcess = undefined;
      }
    },
    async close() {
      closed = true;
      releaseProcess?.();
      await consumer.close().catch(() => {});
    },
  };
}
