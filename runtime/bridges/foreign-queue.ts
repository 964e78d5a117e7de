/** A message of another system's queue. Whoever received it holds it until it is settled, or until that process ends. */
export interface ForeignMessage {
  /** The same each time the queue hands the message out. */
  readonly id: string;
  /** The payload as text: JSON, where its producers write JSON. */
  readonly body: string;
  /** What the old system orders by; absent: nothing. */
  readonly key?: string | undefined;
  /** Whatever else it takes to send the message on as it was, in the adapter's own words. */
  readonly headers: Readonly<Record<string, string>>;
  /** How often the queue has handed it out; 1 the first time. */
  readonly attempt: number;
  /** When its producer sent it, in ms since the Unix epoch. */
  readonly sentAt: number;
}

/** A message to send. */
export interface OutgoingMessage extends Pick<ForeignMessage, "body" | "key"> {
  /** Names the message for good: a queue that can, takes a second one of the same id for the first. */
  readonly id: string;
  /** As another queue of the same system gave them. Default: none. */
  readonly headers?: ForeignMessage["headers"] | undefined;
}

/** How many messages a queue has. */
export interface QueueCounts {
  /** To be received now. */
  readonly waiting: number;
  /** With a consumer. */
  readonly held: number;
  /** To be received later: delays and retries. */
  readonly delayed: number;
  /** Set aside by a bridge. */
  readonly setAside: number;
}

/**
 * A queue of another system, as a bridge reads and feeds it. At least once: what is held by a process that ends comes again,
 * and is never given up for that. All errors are rejections; none of them settles anything.
 */
export interface ForeignQueue {
  /** `bullmq`, `sqs`, `kafka`, `rabbitmq`. */
  readonly system: string;
  readonly name: string;
  readonly capabilities: {
    /** Messages of one key are received in the order in which they were sent. */
    readonly keepsOrderByKey: boolean;
    /** A message whose id the queue holds already is not stored twice. */
    readonly knowsIds: boolean;
  };
  /** Up to `most` messages, held from now on. None, where there is none within `waitMs`. */
  receive(most: number, waitMs: number): Promise<readonly ForeignMessage[]>;
  /** Removes messages that are held. */
  acknowledge(messages: readonly ForeignMessage[]): Promise<void>;
  /** Has messages that are held received again, by whomever. */
  giveBack(messages: readonly ForeignMessage[]): Promise<void>;
  /** Stores a message that is held, with the reason, where no handler takes it from, and then removes it here. */
  setAside(message: ForeignMessage, reason: string): Promise<void>;
  /** Resolves once all are as durable as this system makes them. */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
  counts(): Promise<QueueCounts>;
  /** Gives back what is held. */
  close(): Promise<void>;
}
