import type { Message, TaskRecord } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";

/** What a transport can do. The conformance suite and the layers ask these, never a transport's name. */
export interface Capabilities {
  /** Several processes may publish and consume at once. */
  readonly multiProcess: boolean;
  /** What was published outlives the process. */
  readonly durable: boolean;
  /** Largest record that is enqueued, envelope included; one that gained a failure or a subscription may be larger. */
  readonly maxRecordBytes: number;
  /**
   * A consumer takes from its topic what `receive` returns, and no more. Otherwise some more may wait in it, out of
   * reach of other consumers, until it receives again or ends.
   */
  readonly takesOnlyWhatItReturns: boolean;
  /**
   * `backlog` counts records. Otherwise it counts what the transport stores them in, which may hold several records
   * each: it is 0 only where no record is left, and never more than there are.
   */
  readonly countsBacklogInRecords: boolean;
  /**
   * What is given back at once keeps its place in the order of its key: it comes behind what the consumer still holds of
   * the key, and before what was published later. Otherwise it may come in any order.
   */
  readonly givesBackInOrder: boolean;
  /** For how long it holds records back by itself, in ms; 0: it does not. */
  readonly longestDelayMs: number;
}

/** `shared`: any consumer gets any record. `key-shared`: one consumer at a time gets a key's records, in publishing order. */
export type SubscriptionType = "shared" | "key-shared";

export interface SubscribeOptions {
  /** Records are taken by turns of their tenants, whatever the backlog of each. Default: as they were published. */
  readonly fair?: boolean;
  /**
   * Most records of one key that this consumer holds at once, where it is `key-shared`: those behind a key's first can't
   * start, and must not keep others from coming. A transport that can't tell keys apart ignores it. Default: no bound.
   */
  readonly heldPerKey?: number;
}

export interface TopicDeclaration {
  readonly name: string;
  /** Set for topics whose records are consumed in order of their key. Fixed once the topic exists. */
  readonly ordered: boolean;
  /** Set for topics whose records are consumed by turns of their tenants. Default: false. */
  readonly fair?: boolean | undefined;
  /** Created at the topic's start, so that nothing published before the first consumer is missed. */
  readonly subscriptions: readonly string[];
}

export interface Producer {
  /**
   * Resolves once all records are durable: synced to the disk or acknowledged by the broker. On failure none, some or
   * all may have been stored, and the caller may publish them again. Records of one call keep their order.
   *
   * `notBefore` has a time for each record, in ms since the Unix epoch, at most `longestDelayMs` ahead: it is held back
   * for about that long, out of the backlog, and then comes with that time.
   */
  publish(records: readonly TaskRecord[], notBefore?: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

export interface Consumer {
  /**
   * Up to `max` records, as soon as there is one; empty once the consumer is closed. What it returned is held by this
   * consumer until it is acknowledged, negatively acknowledged, or the consumer ends (also by a crash): then it is
   * delivered again, here or to another consumer: after a crash with `crashes`, where the transport can tell. One call at
   * a time.
   */
  receive(max: number): Promise<readonly Message[]>;
  /**
   * Settles messages for good. Resolves once that is stored, or with a broker that will store it: until it has, a crash
   * brings them back.
   */
  acknowledge(messages: readonly Message[]): Promise<void>;
  /**
   * Gives messages back for another delivery, not before `delayMs` from now (default 0). Breaks the order of keys, but for
   * those given back at once where the transport `givesBackInOrder`. Throws where that can't be stored: then they are
   * still held.
   */
  negativeAcknowledge(messages: readonly Message[], delayMs?: number): void;
  /**
   * Called before the handlers of messages are, so that a crash leaves behind which may have caused it. Takes next to no
   * time. Absent where the transport keeps no such mark.
   */
  starting?(messages: readonly Message[]): void;
  /**
   * Counts processes that ended while they ran a message that this consumer holds, and nothing else: it comes with that
   * count wherever it is delivered again. Resolves once that is stored. Absent where the transport keeps no such count.
   */
  rememberCrashes?(messages: readonly Message[], crashes: number): Promise<void>;
  /**
   * Called as the process ends in the midst of work, when nothing asynchronous runs any more: gives back all that is held,
   * and keeps the `crashes` of those that may be what ends it. Absent where that can't be said at once: others then find the process gone.
   */
  endNow?(suspects: readonly Message[]): void;
  /** Gives back what is held, after pending acknowledgements are stored. */
  close(): Promise<void>;
}

/** A subscription as it is now. */
export interface SubscriptionStats {
  readonly name: string;
  /** As `Transport.backlog`. */
  readonly backlog: number;
  /** How many consume it, in all processes. */
  readonly consumers: number;
}

export interface TopicStats {
  readonly name: string;
  readonly subscriptions: readonly SubscriptionStats[];
}

/** Durable topics with subscriptions: the port that the embedded store and Pulsar implement. */
export interface Transport {
  readonly capabilities: Capabilities;
  /** Creates what is missing; never removes or changes. */
  declare(topics: readonly TopicDeclaration[]): Promise<void>;
  /** Refused with `unknown-topic` unless declared. */
  producer(topic: string): Promise<Producer>;
  /** Refused with `unknown-topic` unless topic and subscription are declared. */
  subscribe(topic: string, subscription: string, type: SubscriptionType, options?: SubscribeOptions): Promise<Consumer>;
  /** Records not yet acknowledged by a subscription, those that consumers hold included. */
  backlog(topic: string, subscription: string): Promise<number>;
  /** All topics that are there and wanted, whoever declared them. */
  topics(isWanted?: (topic: string) => boolean): Promise<readonly TopicStats[]>;
  /**
   * Removes a subscription with all that waits in it; one that is not there is removed already. Refused with `conflict`
   * while somebody consumes it.
   */
  removeSubscription(topic: string, subscription: string): Promise<void>;
  close(): Promise<void>;
}

/** Why a subscription can't be removed that has consumers. */
export function consumed(topic: string, subscription: string): FivefoldError {
  return new FivefoldError(
    "conflict",
    `Subscription '${subscription}' of topic '${topic}' is being consumed: end the workers that do, then remove it. ` +
      "Nothing was removed.",
  );
}
