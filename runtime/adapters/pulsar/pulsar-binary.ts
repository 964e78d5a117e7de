import { FivefoldError } from "../../contract/errors.ts";
import type { Transport } from "../../transport/transport.ts";
import { createBrokers } from "./binary/brokers.ts";
import { openBinaryProducer } from "./binary/producer.ts";
import { openBinarySource } from "./binary/source.ts";
import { openConsumer } from "./consumer.ts";
import { DEFAULT_TIMEOUT_MS, LONGEST_DELAY_MS, localName, type PulsarSettings } from "./settings.ts";
import { createTransportOn } from "./transport-on.ts";

export interface PulsarBinarySettings extends PulsarSettings {
  /** The broker service: `pulsar://host:6650` or `pulsar+ssl://host:6651`. */
  readonly serviceUrl: string;
  /** PEM file of the authorities that a broker's certificate may come from. Default: those that Node trusts. */
  readonly trustCertsFile?: string | undefined;
}

/** A broker takes messages of 5 MiB by default (maxMessageSize); this much of it is left to their metadata. */
const METADATA_BYTES = 64 * 1_024;
const MAX_RECORD_BYTES = 5 * 1_024 * 1_024 - METADATA_BYTES;

/**
 * Topics on Pulsar by its binary protocol, in TypeScript: batches on the wire and in the broker, acknowledged in whole or
 * in part. Opens nothing before it is used.
 */
export function createPulsarBinaryTransport(settings: PulsarBinarySettings): Transport {
  const { serviceUrl, trustCertsFile, token, clock, timeoutMs = DEFAULT_TIMEOUT_MS, namespace } = settings;
  if (!/^pulsar(\+ssl)?:\/\/[^/]+$/.test(serviceUrl) || !URL.canParse(serviceUrl)) {
    throw new FivefoldError(
      "invalid-option",
      `'${serviceUrl}' is not the URL of a Pulsar broker service. Write it as pulsar://host:6650 or pulsar+ssl://host:6651.`,
    );
  }
  // A question that a broker lost while it passed a topic on is asked again in time.
  const requestTimeoutMs = Math.max(3_000, Math.min(10_000, Math.round(timeoutMs / 3)));
  const topicUrl = (topic: string) => `persistent://${namespace}/${localName(topic)}`;

  return createTransportOn(settings, (admin) => {
    const brokers = createBrokers({ serviceUrl, token, trustCertsFile, requestTimeoutMs, clock });
    return {
      capabilities: {
        multiProcess: true,
        durable: true,
        maxRecordBytes: MAX_RECORD_BYTES,
        takesOnlyWhatItReturns: false,
        countsBacklogInRecords: false,
        givesBackInOrder: false,
        longestDelayMs: LONGEST_DELAY_MS,
      },
      choosesPartitions: false,
      openProducer: (topic, ordered, onClose) =>
        openBinaryProducer({
          topic,
          topicUrl: topicUrl(topic),
          ordered,
          brokers,
          check: () => admin.requireTopic(topic),
          maxRecordBytes: MAX_RECORD_BYTES,
          timeoutMs,
          clock,
          onClose,
        }),
      openConsumer(topic, subscription, type, on) {
        const what = `Consuming topic '${topic}' (${subscription})`;
        const consumerName = `fivefold-${clock.randomId(16)}`;
        const source = {
          what,
          topicUrl: topicUrl(topic),
          subscription,
          type,
          consumerName,
          brokers,
          check: () => admin.requireSubscription(topic, subscription),
          look: (name: string) => admin.findConsumer(topic, subscription, name),
          timeoutMs,
          clock,
        };
        return openConsumer({
          what,
          clock,
          open: (events) => openBinarySource(source, events),
          lookAfterMs: on.lookAfterMs,
          unload: () => admin.unload(topic),
          onAcknowledged: on.acknowledged,
          onClose: on.close,
        });
      },
      async close() {
        brokers.close();
      },
    };
  });
}
