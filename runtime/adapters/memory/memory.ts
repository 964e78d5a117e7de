import type { Cancel, Clock } from "../../contract/clock.ts";
import type { Message } from "../../contract/contract.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { checkMax, rangesOf } from "../../transport/message-position.ts";
import { checkRecords } from "../../transport/record-check.ts";
import { createSelectiveReceiver } from "../../transport/selective-receiver.ts";
import {
  claim,
  claimableAt,
  claimThese,
  countBacklog,
  giveBack,
  join,
  leave,
  settle,
  sharesAt,
} from "../../transport/subscription-state.ts";
import {
  type Capabilities,
  type Consumer,
  consumed,
  type SubscribeOptions,
  type SubscriptionType,
  type TopicStats,
  type Transport,
} from "../../transport/transport.ts";
import {
  append,
  declare,
  headsOf,
  type Subscription,
  sourceOf,
  type Topic,
  trim,
  type Waiter,
  wake,
} from "./memory-topic.ts";

const CAPABILITIES: Capabilities = {
  multiProcess: false,
  durable: false,
  maxRecordBytes: 4 * 1024 * 1024,
  takesOnlyWhatItReturns: true,
  countsBacklogInRecords: true,
  givesBackInOrder: true,
  longestDelayMs: 0,
};

/**
 * Topics in this process' memory, with the embedded transport's deliveries: for the simulator and for unit tests. Time
 * and turns come from `clock` alone, so that a run can be repeated exactly. Nothing outlives the transport.
 */
export function createMemoryTransport({ clock }: { readonly clock: Clock }): Transport {
  const topics = new Map<string, Topic>();
  const consumers = new Set<Consumer>();
  let lastConsumerId = 0;
  let closed = false;

  function requireTopic(name: string): Topic {
    if (closed) throw new FivefoldError("closed", "The transport is closed: it takes no more calls.");
    const topic = topics.get(name);
    if (topic) return topic;
    throw new FivefoldError("unknown-topic", `Topic '${name}' is unknown: declare it before using it.`);
  }

  function requireSubscription(topic: Topic, name: string): Subscription {
    const found = topic.subscriptions.get(name);
    if (found) return found;
    throw new FivefoldError(
      "unknown-topic",
      `Topic '${topic.name}' has no subscription '${name}': declare it with its topic.`,
    );
  }

  function subscribe(topic: Topic, name: string, type: SubscriptionType, options: SubscribeOptions): Consumer {
    const subscription = requireSubscription(topic, name);
    const { state } = subscription;
    lastConsumerId += 1;
    const id = lastConsumerId;
    if (!join(state, { id, session: 0 }, type)) {
      throw new FivefoldError(
        "conflict",
        `Subscription '${name}' of topic '${topic.name}' is consumed as ${state.type} already: consumers of one subscription must agree, found ${type}.`,
      );
    }
    const consumer = createConsumer({ clock, topic, subscription, id, options }, () => consumers.delete(consumer));
    consumers.add(consumer);
    return consumer;
  }

  return {
    capabilities: CAPABILITIES,
    async declare(declarations) {
      if (closed) throw new FivefoldError("closed", "The transport is closed: it takes no more calls.");
      for (const declaration of declarations) declare(topics, declaration);
    },
    async producer(name) {
      const topic = requireTopic(name);
      let open = true;
      return {
        async publish(records) {
          if (!open || closed) throw new FivefoldError("closed", `The producer of topic '${name}' is closed.`);
          checkRecords(records, name, CAPABILITIES.maxRecordBytes);
          append(topic, records);
        },
        async close() {
          open = false;
        },
      };
    },
    async subscribe(topic, subscription, type, options = {}) {
      return subscribe(requireTopic(topic), subscription, type, options);
    },
    async backlog(name, subscription) {
      const topic = requireTopic(name);
      return countBacklog(requireSubscription(topic, subscription).state, headsOf(topic));
    },
    async topics(isWanted = () => true) {
      return [...topics.values()].filter(({ name }) => isWanted(name)).map(statsOf);
    },
    async removeSubscription(name, subscription) {
      const topic = requireTopic(name);
      if (topic.subscriptions.get(subscription)?.state.consumers.length) throw consumed(name, subscription);
      topic.subscriptions.delete(subscription);
      trim(topic);
    },
    async close() {
      closed = true;
      // Nobody may wait any more when consumers give back what they hold, or it would be delivered once more.
      for (const topic of topics.values()) {
        for (const { waiting } of topic.subscriptions.values()) for (const waiter of [...waiting]) waiter.stop();
      }
      for (const consumer of [...consumers]) await consumer.close();
    },
  };
}

function statsOf(topic: Topic): TopicStats {
  const heads = headsOf(topic);
  return {
    name: topic.name,
    subscriptions: [...topic.subscriptions].map(([name, { state }]) => ({
      name,
      backlog: countBacklog(state, heads),
      consumers: state.consumers.length,
    })),
  };
}

interface ConsumerPlace {
  readonly clock: Clock;
  readonly topic: Topic;
  readonly subscription: Subscription;
  readonly id: number;
  readonly options: SubscribeOptions;
}

function createConsumer({ clock, topic, subscription, id, options }: ConsumerPlace, onClose: () => void) {
  const { state, waiting } = subscription;
  const source = sourceOf(topic);
  const ordered = state.type === "key-shared";
  const { fair = false, heldPerKey = Number.POSITIVE_INFINITY } = options;
  const receiver = ordered || fair ? createSelectiveReceiver({ ordered, fair, heldPerKey, source }) : undefined;
  let open = true;
  let turn = 0;
  let wait: { resolve: (messages: readonly Message[]) => void; max: number; cancel: Cancel } | undefined;

  function take(max: number): Message[] {
    if (receiver) return takePicked(max);
    const ranges = claim(state, id, headsOf(topic), { max, now: clock.now(), turn });
    turn = ((ranges.at(-1)?.partition ?? turn) + 1) % state.partitions.length;
    return ranges.flatMap(({ partition, first, end }) =>
      Array.from({ length: end - first }, (_, index) => source.read(partition, first + index)!),
    );
  }

  function takePicked(max: number): Message[] {
    const now = clock.now();
    for (;;) {
      const { mine, moves } = sharesAt(state, id);
      receiver!.follow(state, headsOf(topic), mine, now);
      const { picks, isUnfinished } = receiver!.pick(state, max);
      const done = claimThese(state, id, picks, now);
      receiver!.claimed(picks, done);
      const claimed = picks.filter((_, index) => done[index]);
      // There is nothing to wait for in memory: what is unfinished is finished here.
      if (claimed.length === 0 && (isUnfinished || moves || picks.length > 0)) continue;
      return claimed.map(({ partition, offset, message }) => message ?? source.read(partition, offset)!);
    }
  }

  function deliver(): void {
    if (!wait) return;
    const messages = take(wait.max);
    if (messages.length > 0) finishWait(messages);
    else setTimer();
  }

  function setTimer(): void {
    if (!wait) return;
    wait.cancel();
    const now = clock.now();
    const dueAt = receiver ? receiver.nextDueAt : claimableAt(state, id, headsOf(topic), now);
    if (dueAt < Number.POSITIVE_INFINITY) wait.cancel = clock.after(dueAt - now, deliver);
  }

  const waiter: Waiter = { deliver, stop: () => finishWait([]) };

  function finishWait(messages: readonly Message[]): void {
    const waited = wait;
    wait = undefined;
    waiting.delete(waiter);
    waited?.cancel();
    waited?.resolve(messages);
  }

  const consumer: Consumer = {
    async receive(max) {
      checkMax(max);
      if (!open) return [];
      if (wait) throw new FivefoldError("invalid-option", "This consumer is receiving already: one call at a time.");
      const messages = take(max);
      if (messages.length > 0) return messages;
      return new Promise((resolve) => {
        wait = { resolve, max, cancel: () => {} };
        waiting.add(waiter);
        setTimer();
      });
    },
    async acknowledge(messages) {
      receiver?.settled(messages);
      for (const range of rangesOf(messages)) settle(state, range);
      trim(topic);
      // What this consumer held may have kept a partition from moving to another consumer, or a key waiting.
      if (state.type === "key-shared") wake(subscription);
    },
    negativeAcknowledge(messages, delayMs = 0) {
      const dueAt = delayMs > 0 ? clock.now() + delayMs : 0;
      const returns = () => state.partitions.map((partition) => partition.returns);
      const before = returns();
      const given = receiver?.returning(messages) ?? [];
      for (const range of rangesOf(messages)) giveBack(state, id, range, dueAt);
      receiver?.returned(given, dueAt === 0, before, returns());
      wake(subscription);
    },
    async close() {
      if (!open) return;
      open = false;
      finishWait([]);
      leave(state, id);
      onClose();
      wake(subscription);
    },
  };
  return consumer;
}
