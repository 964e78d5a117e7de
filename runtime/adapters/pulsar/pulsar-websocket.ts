import { FivefoldError } from "../../contract/errors.ts";
import { GROWTH_BYTES } from "../../transport/record-check.ts";
import type { Transport } from "../../transport/transport.ts";
import { openConsumer } from "./consumer.ts";
import type { Target } from "./link.ts";
import {
  authorization,
  DEFAULT_TIMEOUT_MS,
  KEY_HASH,
  LONGEST_DELAY_MS,
  localName,
  type PulsarSettings,
  prefetchOf,
} from "./settings.ts";
import { createTransportOn } from "./transport-on.ts";
import { openWebSocketProducer } from "./websocket-producer.ts";
import { openWebSocketSource } from "./websocket-source.ts";

export interface PulsarWebSocketSettings extends PulsarSettings {
  /** The broker's `webSocketMaxTextFrameSize`, which bounds a record. Default 1,048,576, as the broker's. */
  readonly maxFrameBytes?: number | undefined;
}

const DEFAULT_MAX_FRAME_BYTES = 1_048_576;
/** A broker takes messages of this size by default (maxMessageSize), their metadata included. */
const MAX_MESSAGE_BYTES = 5 * 1_024 * 1_024;
/** What a frame holds besides payload and envelope texts, and what a record may gain. */
const FRAME_OVERHEAD_BYTES = 8_192 + GROWTH_BYTES;

/**
 * Topics on Pulsar by its WebSocket API and its admin REST API: no native part, so it works wherever Node does. Batching
 * stays off, since Key_Shared keeps no order with it here. Opens nothing before it is used.
 */
export function createPulsarWebSocketTransport(settings: PulsarWebSocketSettings): Transport {
  const { clock, timeoutMs = DEFAULT_TIMEOUT_MS, maxFrameBytes = DEFAULT_MAX_FRAME_BYTES } = settings;
  const prefetch = prefetchOf(settings);
  if (!Number.isInteger(maxFrameBytes) || maxFrameBytes < 4 * FRAME_OVERHEAD_BYTES) {
    throw new FivefoldError(
      "invalid-option",
      `maxFrameBytes must be a whole number from 65,536, found ${maxFrameBytes}.`,
    );
  }
  /** Base64 takes four bytes for three. */
  const maxRecordBytes = Math.floor((Math.min(maxFrameBytes, MAX_MESSAGE_BYTES) - FRAME_OVERHEAD_BYTES) * 0.75);

  /** Where messages pass: `kind` is `producer` or `consumer`, `names` are the topic's and the subscription's. */
  async function target(kind: string, names: readonly string[], query: Record<string, string | number | boolean>) {
    const base = settings.webUrl.replace(/^http/, "ws").replace(/\/+$/, "");
    const path = names.map((name) => encodeURIComponent(name)).join("/");
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) search.set(name, `${value}`);
    const url = `${base}/ws/v2/${kind}/persistent/${settings.namespace}/${path}?${search}`;
    return { url, headers: await authorization(settings.token) } satisfies Target;
  }

  return createTransportOn(settings, (admin) => ({
    capabilities: {
      multiProcess: true,
      durable: true,
      maxRecordBytes,
      takesOnlyWhatItReturns: false,
      countsBacklogInRecords: true,
      givesBackInOrder: false,
      longestDelayMs: LONGEST_DELAY_MS,
    },
    choosesPartitions: true,
    openProducer: (topic, _, onClose) =>
      openWebSocketProducer({
        topic,
        maxRecordBytes,
        maxFrameBytes,
        timeoutMs,
        clock,
        async target(producerName, initialSequenceId) {
          // The broker would create what is missing, where the namespace lets it.
          await admin.requireTopic(topic);
          return target("producer", [localName(topic)], {
            producerName,
            initialSequenceId,
            // The broker tries for as long as this side waits: which message failed is decided here.
            sendTimeoutMillis: 0,
            hashingScheme: KEY_HASH,
          });
        },
        explain: () => admin.whyNotStored(topic),
        onClose,
      }),
    openConsumer(topic, subscription, type, on) {
      const what = `Consuming topic '${topic}' (${subscription})`;
      const consumerName = `fivefold-${clock.randomId(16)}`;
      const source = {
        what,
        timeoutMs,
        clock,
        async target() {
          await admin.requireSubscription(topic, subscription);
          return target("consumer", [localName(topic), subscription], {
            consumerName,
            subscriptionType: type === "shared" ? "Shared" : "Key_Shared",
            pullMode: true,
            receiverQueueSize: prefetch,
            // At once: the delays of `negativeAcknowledge` are waited for here.
            negativeAckRedeliveryDelay: 0,
          });
        },
        look: () => admin.findConsumer(topic, subscription, consumerName),
      };
      return openConsumer({
        what,
        clock,
        open: (events) => openWebSocketSource(source, events),
        lookAfterMs: on.lookAfterMs,
        unload: () => admin.unload(topic),
        onAcknowledged: on.acknowledged,
        onClose: on.close,
      });
    },
    async close() {},
  }));
}
