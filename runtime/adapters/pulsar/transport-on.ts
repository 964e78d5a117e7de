import { sleep } from "../../contract/clock.ts";
import { FivefoldError } from "../../contract/errors.ts";
import type {
  Capabilities,
  Consumer,
  Producer,
  SubscriptionType,
  TopicStats,
  Transport,
} from "../../transport/transport.ts";
import { type Admin, createAdmin } from "./admin.ts";
import { openPartitionedConsumer } from "./partitioned-consumer.ts";
import { createPartitionedProducer } from "./partitioned-producer.ts";
import { checkSettings, type PulsarSettings } from "./settings.ts";

/** Pulsar's clients collect acknowledgements for 100 ms before they pass them on. */
const ACKNOWLEDGE_GROUP_MS = 150;

/** How often a consumer looks whether there still is something to wait for; and how often all of a process' may look. */
const LOOK_AFTER_MS = 5_000;
const LOOK_APART_MS = 200;

/** A partition as a topic of its own, which it is in Pulsar. */
function partitionOf(topic: string, partition: number): string {
  return `${topic}-partition-${partition}`;
}

/** How one of Pulsar's protocols produces and consumes. */
export interface Protocol {
  readonly capabilities: Capabilities;
  /** Whether a producer of a partitioned topic as a whole chooses partitions by itself. */
  readonly choosesPartitions: boolean;
  /** `ordered` is false only where it is known that no order of keys matters. */
  openProducer(topic: string, ordered: boolean, onClose: () => void): Promise<Producer>;
  /** Of a topic without partitions, or of one partition, that was there just now. */
  openConsumer(
    topic: string,
    subscription: string,
    type: SubscriptionType,
    on: {
      readonly acknowledged: () => void;
      /** After a wait this long, it is to be looked whether there still is something to wait for. */
      readonly lookAfterMs: () => number;
      readonly close: () => void;
    },
  ): Promise<Consumer>;
  /** Ends what producers and consumers share. */
  close(): Promise<void>;
}

/** A transport on a protocol: what is the same over all of them. Topics are looked after by the admin REST API. */
export function createTransportOn(settings: PulsarSettings, createProtocol: (admin: Admin) => Protocol): Transport {
  checkSettings(settings);
  const { clock } = settings;
  const admin = createAdmin(settings);
  const protocol = createProtocol(admin);
  /** Topics that this process declared as without order. */
  const unordered = new Set<string>();
  const open = new Set<Producer | Consumer>();
  let acknowledgedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  function requireOpen(): void {
    if (closed) throw new FivefoldError("closed", "The transport is closed: it takes no more calls.");
  }

  function acknowledged(): void {
    acknowledgedAt = clock.monotonic();
  }

  /** Many consumers ask seldom, so that a worker of hundreds is as quiet as another. */
  function lookAfterMs(): number {
    return Math.max(LOOK_AFTER_MS, open.size * LOOK_APART_MS);
  }

  /** One that was opened while the transport closed is closed too. */
  async function keep<T extends Producer | Consumer>(openOne: (onClose: () => void) => Promise<T>): Promise<T> {
    requireOpen();
    const opened: T = await openOne(() => open.delete(opened));
    open.add(opened);
    if (closed) {
      await opened.close();
      requireOpen();
    }
    return opened;
  }

  return {
    capabilities: protocol.capabilities,
    async declare(topics) {
      requireOpen();
      await admin.declare(topics);
      for (const { name, ordered } of topics) if (!ordered) unordered.add(name);
    },
    producer: (topic) =>
      keep(async (onClose) => {
        const ordered = !unordered.has(topic);
        const { partitions, keysByTenant } = await admin.readPartitions(topic);
        if (partitions === 0) return protocol.openProducer(topic, ordered, onClose);
        return createPartitionedProducer({
          topic,
          partitions,
          keysByTenant,
          open: (partition) => protocol.openProducer(partitionOf(topic, partition), ordered, () => {}),
          whole: protocol.choosesPartitions ? await protocol.openProducer(topic, ordered, () => {}) : undefined,
          onClose,
        });
      }),
    subscribe: (topic, subscription, type) =>
      keep(async (close) => {
        const partitions = await admin.countPartitions(topic, subscription);
        if (partitions === 0)
          return protocol.openConsumer(topic, subscription, type, { close, acknowledged, lookAfterMs });
        return openPartitionedConsumer({
          what: `Consuming topic '${topic}' (${subscription})`,
          partitions,
          openPart: (partition) =>
            protocol.openConsumer(partitionOf(topic, partition), subscription, type, {
              close() {},
              acknowledged,
              lookAfterMs,
            }),
          countPartitions: () => admin.countPartitions(topic, subscription),
          clock,
          onClose: close,
        });
      }),
    async backlog(topic, subscription) {
      requireOpen();
      // What was acknowledged here a moment ago should not be counted.
      const restMs = acknowledgedAt + ACKNOWLEDGE_GROUP_MS - clock.monotonic();
      if (restMs > 0) await sleep(clock, restMs);
      const { backlogs } = await admin.requireTopic(topic, subscription);
      return backlogs.get(subscription)!;
    },
    async topics(isWanted = () => true) {
      requireOpen();
      const found: TopicStats[] = [];
      for (const name of (await admin.topicNames()).filter(isWanted)) {
        const state = await admin.stateOf(name);
        if (!state) continue;
        const subscriptions = [...state.backlogs].map(([subscription, backlog]) => ({
          name: subscription,
          backlog,
          consumers: state.consumers.get(subscription) ?? 0,
        }));
        found.push({ name, subscriptions });
      }
      return found;
    },
    removeSubscription: (topic, subscription) => admin.removeSubscription(topic, subscription),
    async close() {
      closed = true;
      await Promise.all([...open].map((one) => one.close()));
      await protocol.close();
    },
  };
}
