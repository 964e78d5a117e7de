import { type Clock, sleep } from "../../contract/clock.ts";
import { type ErrorCode, FivefoldError } from "../../contract/errors.ts";
import type { Transport } from "../../transport/transport.ts";
import type { Admin } from "./admin.ts";
import { openConsumer } from "./consumer.ts";
import { nativeError } from "./native-client.ts";
import { holdBackApart, openNativeProducer } from "./native-producer.ts";
import { createNativeSource } from "./native-source.ts";
import {
  DEFAULT_TIMEOUT_MS,
  KEY_HASH,
  LONGEST_DELAY_MS,
  localName,
  type PulsarSettings,
  prefetchOf,
} from "./settings.ts";
import { createTransportOn, type Protocol } from "./transport-on.ts";

export interface PulsarNativeSettings extends PulsarSettings {
  /** The broker service: `pulsar://host:6650` or `pulsar+ssl://host:6651`. */
  readonly serviceUrl: string;
  /** PEM file of the authorities that a broker's certificate may come from. Default: those that Node trusts. */
  readonly trustCertsFile?: string | undefined;
}

type Library = typeof import("pulsar-client");
type Client = InstanceType<Library["Client"]>;

/** A broker takes messages of 5 MiB by default (maxMessageSize); this much of it is left to their metadata. */
const METADATA_BYTES = 64 * 1_024;
const MAX_RECORD_BYTES = 5 * 1_024 * 1_024 - METADATA_BYTES;
/** Waits for company are this long at most: what is alone is sent soon, what comes together goes together. */
const BATCH_WAIT_MS = 1;
const MAX_BATCH_RECORDS = 1_000;
/** For so long a conflict may be with a former connection, which isn't gone yet. */
const CONFLICT_RETRY_MS = 2_000;
const AGAIN_MS = 200;
/** The longest that pulsar-client takes. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Loads pulsar-client, whose native part npm may have left out. */
async function loadLibrary(): Promise<Library> {
  try {
    const loaded = (await import("pulsar-client")) as unknown as { default: Library };
    // It would write to the console; what matters is in the errors.
    loaded.default.Client.setLogHandler(() => {});
    return loaded.default;
  } catch (error) {
    const found = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new FivefoldError(
      "invalid-option",
      `The npm package pulsar-client can't be loaded (${found}). Install it with \`npm install pulsar-client\`, and let it ` +
        "download its native part with `npm rebuild pulsar-client`. Or do without it: leave out FIVEFOLD_PULSAR_CLIENT, or " +
        "set it to fivefold, which speaks the same protocol.",
      { cause: error },
    );
  }
}

/**
 * Topics on Pulsar by its binary protocol, with libpulsar: batches by key, acknowledges within batches. Rejects where
 * pulsar-client's native part is missing. Connects when it is first used.
 */
export async function openPulsarTransport(settings: PulsarNativeSettings): Promise<Transport> {
  if (!/^pulsar(\+ssl)?:\/\/[^/]+$/.test(settings.serviceUrl)) {
    throw new FivefoldError(
      "invalid-option",
      `'${settings.serviceUrl}' is not the URL of a Pulsar broker service. Write it as pulsar://host:6650 or pulsar+ssl://host:6651.`,
    );
  }
  const library = await loadLibrary();
  return createTransportOn(settings, (admin) => createNativeProtocol(settings, library, admin));
}

function createClient(library: Library, settings: PulsarNativeSettings): Client {
  const { serviceUrl, trustCertsFile, token, timeoutMs = DEFAULT_TIMEOUT_MS } = settings;
  return new library.Client({
    serviceUrl,
    ...(token && {
      authentication: new library.AuthenticationToken({ token: async () => (await token()).trim() }),
    }),
    // Not libpulsar's default: without, whoever has any certificate of the authority may stand in for the broker.
    tlsValidateHostname: true,
    ...(trustCertsFile !== undefined && { tlsTrustCertsFilePath: trustCertsFile }),
    // A question that a broker lost while it passed a topic on is asked again in time.
    operationTimeoutSeconds: Math.max(3, Math.min(10, Math.round(timeoutMs / 3_000))),
  });
}

function createNativeProtocol(settings: PulsarNativeSettings, library: Library, admin: Admin): Protocol {
  const client = createClient(library, settings);
  const { clock, timeoutMs = DEFAULT_TIMEOUT_MS, namespace } = settings;
  const prefetch = prefetchOf(settings);
  const deserialize = (id: Buffer) => library.MessageId.deserialize(id);
  const topicUrl = (topic: string) => `persistent://${namespace}/${localName(topic)}`;

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
    choosesPartitions: true,
    async openProducer(topic, ordered, onClose) {
      const what = `Publishing to topic '${topic}'`;
      await admin.requireTopic(topic);
      const open = (batchingEnabled: boolean) => () =>
        opened(what, clock, timeoutMs, () =>
          client.createProducer({
            topic: topicUrl(topic),
            producerName: `fivefold-${clock.randomId(16)}`,
            // Not libpulsar's default: that numbers anew after a first connection which broke before its first receipt, and
            // a broker that deduplicates then drops new records as seen before, while their receipts say they are stored.
            initialSequenceId: 0,
            // It tries for as long as it takes, so that deduplication sees one and the same message. (A 0, which libpulsar
            // takes for that, pulsar-client leaves out; then all that waits is given up after 30 s.)
            sendTimeoutMs: LONGEST_TIMEOUT_MS,
            // Callers wait for their receipts: what is pending is bounded by them.
            maxPendingMessages: 1_000_000,
            maxPendingMessagesAcrossPartitions: 1_000_000,
            hashingScheme: KEY_HASH,
            batchingEnabled,
            // Key_Shared hands out whole batches: one may hold no other key.
            batchingType: ordered ? "KeyBasedBatching" : "DefaultBatching",
            batchingMaxPublishDelayMs: BATCH_WAIT_MS,
            batchingMaxMessages: MAX_BATCH_RECORDS,
          }),
        );
      /** Asks as another producer would: the broker tells a first one what it does not tell one that comes back. */
      const diagnose = async () => {
        try {
          await admin.requireTopic(topic);
          await (await client.createProducer({ topic: topicUrl(topic) })).close();
          return undefined;
        } catch (error) {
          return nativeError(what, error);
        }
      };
      const producing = { topic, diagnose, maxRecordBytes: MAX_RECORD_BYTES, timeoutMs, clock };
      return holdBackApart(
        await openNativeProducer({ ...producing, open: open(true) }),
        () => openNativeProducer({ ...producing, open: open(false) }),
        onClose,
      );
    },
    async openConsumer(topic, subscription, type, on) {
      const what = `Consuming topic '${topic}' (${subscription})`;
      const consumerName = `fivefold-${clock.randomId(16)}`;
      const look = () => admin.findConsumer(topic, subscription, consumerName);
      const subscribe = () =>
        opened(what, clock, timeoutMs, () =>
          client.subscribe({
            topic: topicUrl(topic),
            subscription,
            subscriptionType: type === "shared" ? "Shared" : "KeyShared",
            consumerName,
            receiverQueueSize: prefetch,
            batchReceivePolicy: { maxNumMessages: prefetch, maxNumBytes: -1, timeoutMs: BATCH_WAIT_MS },
            batchIndexAckEnabled: true,
            // At once: the delays of `negativeAcknowledge` are waited for here.
            nAckRedeliverTimeoutMs: 1,
          }),
        );
      return openConsumer({
        what,
        clock,
        open: async (events) =>
          createNativeSource(
            { what, consumer: await subscribe(), deserialize, batchSize: prefetch, look, clock },
            events,
          ),
        lookAfterMs: on.lookAfterMs,
        unload: () => admin.unload(topic),
        onAcknowledged: on.acknowledged,
        onClose: on.close,
      });
    },
    async close() {
      await client.close().catch(() => {});
    },
  };
}

/** Opens what may conflict for a moment with a former connection, or lose its own while a broker restarts. */
async function opened<T>(what: string, clock: Clock, timeoutMs: number, open: () => Promise<T>): Promise<T> {
  const startedAt = clock.monotonic();
  const patienceMs: Partial<Record<ErrorCode, number>> = {
    conflict: CONFLICT_RETRY_MS,
    "not-connected": timeoutMs,
  };
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const failed = nativeError(what, error);
      if (clock.monotonic() - startedAt >= (patienceMs[failed.code] ?? 0)) throw failed;
      await sleep(clock, AGAIN_MS);
    }
  }
}
