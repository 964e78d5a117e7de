import { sleep } from "../clock.ts";
import { FivefoldError } from "../errors.ts";
import { type Admin, createAdmin } from "./pulsar/admin.ts";
import type { Target } from "./pulsar/link.ts";
import { authorization, checkSettings, DEFAULT_TIMEOUT_MS, localName, type PulsarSettings } from "./pulsar/settings.ts";
import { openWebSocketConsumer } from "./pulsar/websocket-consumer.ts";
import { openWebSocketProducer } from "./pulsar/websocket-producer.ts";
import type { Capabilities, Consumer, Producer, SubscriptionType, Transport } from "./transport.ts";

export interface PulsarWebSocketSettings extends PulsarSettings {
  /**
   * How many messages the broker's WebSocket service fetches for a consumer beyond what it asked for, 1 to 1,000:
   * more is faster, and keeps more from other consumers while this one is busy. Default 32.
   */
  readonly prefetch?: number | undefined;
  /** The broker's `webSocketMaxTextFrameSize`, which bounds a record. Default 1,048,576, as the broker's. */
  readonly maxFrameBytes?: number | undefined;
}

const DEFAULT_PREFETCH = 32;
const DEFAULT_MAX_FRAME_BYTES = 1_048_576;
/** A broker takes messages of this size by default (maxMessageSize), their metadata included. */
const MAX_MESSAGE_BYTES = 5 * 1_024 * 1_024;
/** What a frame holds besides payload and envelope texts. */
const FRAME_OVERHEAD_BYTES = 8_192;
/** Pulsar's client in the WebSocket service collects acknowledgements for 100 ms before it passes them on. */
const ACKNOWLEDGE_GROUP_MS = 150;

/**
 * Topics on Pulsar by its WebSocket API and its admin REST API: no native part, so it works wherever Node does. Batching
 * stays off, since Key_Shared keeps no order with it here. Opens nothing before it is used.
 */
export function createPulsarWebSocketTransport(settings: PulsarWebSocketSettings): Transport {
  checkSettings(settings);
  const { clock, timeoutMs = DEFAULT_TIMEOUT_MS } = settings;
  const { prefetch = DEFAULT_PREFETCH, maxFrameBytes = DEFAULT_MAX_FRAME_BYTES } = settings;
  if (!Number.isInteger(prefetch) || prefetch < 1 || prefetch > 1_000) {
    throw new FivefoldError("invalid-option", `prefetch must be a whole number from 1 to 1,000, found ${prefetch}.`);
  }
  const capabilities: Capabilities = {
    multiProcess: true,
    durable: true,
    maxRecordBytes: Math.floor((Math.min(maxFrameBytes, MAX_MESSAGE_BYTES) - FRAME_OVERHEAD_BYTES) * 0.75),
    takesOnlyWhatItReturns: false,
  };
  const admin = createAdmin(settings);
  const open = new Set<Producer | Consumer>();
  let acknowledgedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  function requireOpen(): void {
    if (closed) throw new FivefoldError("closed", "The transport is closed: it takes no more calls.");
  }

  /** Where a topic's messages pass, `path` being `producer/…` or `consumer/…` without the query. */
  async function target(path: string, query: Record<string, string | number | boolean>): Promise<Target> {
    const [kind, ...rest] = path.split("/");
    const base = settings.webUrl.replace(/^http/, "ws").replace(/\/+$/, "");
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) search.set(name, `${value}`);
    const url = `${base}/ws/v2/${kind}/persistent/${settings.namespace}/${rest.join("/")}?${search}`;
    return { url, headers: await authorization(settings.token) };
  }

  async function openProducer(topic: string): Promise<Producer> {
    const producer = await openWebSocketProducer({
      topic,
      maxRecordBytes: capabilities.maxRecordBytes,
      maxFrameBytes,
      timeoutMs,
      clock,
      async target(producerName, initialSequenceId) {
        // The broker would create what is missing, where the namespace lets it.
        await admin.requireTopic(topic);
        return target(`producer/${encodeURIComponent(localName(topic))}`, {
          producerName,
          initialSequenceId,
          // The broker tries for as long as this side waits: which message failed is decided here.
          sendTimeoutMillis: 0,
        });
      },
      onClose: () => open.delete(producer),
    });
    return producer;
  }

  async function openConsumer(topic: string, subscription: string, type: SubscriptionType): Promise<Consumer> {
    const consumerName = `fivefold-${clock.randomId(16)}`;
    const consumer = await openWebSocketConsumer({
      topic,
      subscription,
      timeoutMs,
      clock,
      async target() {
        await admin.requireTopic(topic, subscription);
        return target(`consumer/${encodeURIComponent(localName(topic))}/${encodeURIComponent(subscription)}`, {
          consumerName,
          subscriptionType: type === "shared" ? "Shared" : "Key_Shared",
          pullMode: true,
          receiverQueueSize: prefetch,
          // At once: the delays of `negativeAcknowledge` are waited for here.
          negativeAckRedeliveryDelay: 0,
        });
      },
      async isKnown() {
        const { consumers } = await admin.requireTopic(topic, subscription);
        return consumers.get(subscription)!.includes(consumerName);
      },
      onAcknowledged() {
        acknowledgedAt = clock.monotonic();
      },
      onClose: () => open.delete(consumer),
    });
    return consumer;
  }

  /** One that was opened while the transport closed is closed too. */
  async function keep<T extends Producer | Consumer>(opening: Promise<T>): Promise<T> {
    const opened = await opening;
    open.add(opened);
    if (closed) {
      await opened.close();
      requireOpen();
    }
    return opened;
  }

  return {
    capabilities,
    async declare(topics) {
      requireOpen();
      await admin.declare(topics);
    },
    async producer(topic) {
      requireOpen();
      return keep(openProducer(topic));
    },
    async subscribe(topic, subscription, type) {
      requireOpen();
      return keep(openConsumer(topic, subscription, type));
    },
    async backlog(topic, subscription) {
      requireOpen();
      // What was acknowledged here a moment ago should not be counted.
      const restMs = acknowledgedAt + ACKNOWLEDGE_GROUP_MS - clock.monotonic();
      if (restMs > 0) await sleep(clock, restMs);
      return backlogOf(admin, topic, subscription);
    },
    async close() {
      closed = true;
      await Promise.all([...open].map((one) => one.close()));
    },
  };
}

async function backlogOf(admin: Admin, topic: string, subscription: string): Promise<number> {
  const { backlogs } = await admin.requireTopic(topic, subscription);
  return backlogs.get(subscription)!;
}
