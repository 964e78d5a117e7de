import { type Cancel, type Clock, sleep } from "../../contract/clock.ts";
import type { Message } from "../../contract/contract.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { checkMax, groupByConsumer, routed } from "../../transport/message-position.ts";
import type { Consumer } from "../../transport/transport.ts";

/** How often it is looked whether a topic has more partitions now. */
const LOOK_EVERY_MS = 60_000;
/** How soon a partition is asked again that could not be received from. */
const AGAIN_MS = 500;
/** The most that is taken from a partition at once: what is taken here waits for its turn out of others' reach. */
const MAX_TURN = 64;

/** One partition of the topic. */
interface Part {
  readonly consumer: Consumer;
  /** Received, and waiting for its turn. */
  waiting: readonly Message[];
  isReceiving: boolean;
}

/**
 * A consumer of all of a topic's partitions, which takes turns over those that have something: a long backlog of one does
 * not hold up the others.
 */
export async function openPartitionedConsumer(settings: {
  /** For messages: `Consuming topic 'orders' (mail)`. */
  readonly what: string;
  readonly partitions: number;
  readonly openPart: (partition: number) => Promise<Consumer>;
  /** How many partitions there are now. */
  readonly countPartitions: () => Promise<number>;
  readonly clock: Clock;
  readonly onClose: () => void;
}): Promise<Consumer> {
  const { what, openPart, clock } = settings;
  const parts: Part[] = [];
  /** Whose turn is next. */
  let turn = 0;
  let failed: unknown;
  let wake: (() => void) | undefined;
  let isWaiting = false;
  let closed = false;
  let cancelLook: Cancel = () => {};

  async function openUpTo(partitions: number): Promise<void> {
    while (parts.length < partitions && !closed) {
      const consumer = await openPart(parts.length);
      if (closed) await consumer.close();
      else parts.push({ consumer, waiting: [], isReceiving: false });
    }
  }

  function lookLater(): void {
    cancelLook = clock.after(LOOK_EVERY_MS, () => void look(), { background: true });
  }

  async function look(): Promise<void> {
    // A broker that doesn't answer now is asked again, and what could not be opened is tried again.
    await settings
      .countPartitions()
      .then(openUpTo)
      .catch(() => {});
    if (closed) return;
    wake?.();
    lookLater();
  }

  async function receiveFrom(part: Part, count: number): Promise<void> {
    part.isReceiving = true;
    try {
      part.waiting = await part.consumer.receive(count);
    } catch (error) {
      failed = error;
      wake?.();
      await sleep(clock, AGAIN_MS);
    }
    part.isReceiving = false;
    wake?.();
  }

  /** Up to `max` messages, one of each partition that has some before a second of any. */
  function takeTurns(max: number): Message[] {
    const taken: Message[] = [];
    const from = turn;
    const lists = parts.map((_, index) => parts[(from + index) % parts.length]!);
    for (let row = 0; taken.length < max; row++) {
      let found = false;
      for (const [index, { consumer, waiting }] of lists.entries()) {
        const message = waiting[row];
        if (!message || taken.length === max) continue;
        taken.push(routed(message, consumer));
        turn = (from + index + 1) % parts.length;
        found = true;
      }
      if (!found) break;
    }
    const counts = groupByConsumer(taken);
    for (const part of parts) part.waiting = part.waiting.slice(counts.get(part.consumer)?.length ?? 0);
    return taken;
  }

  try {
    await openUpTo(settings.partitions);
  } catch (error) {
    await Promise.allSettled(parts.map(({ consumer }) => consumer.close()));
    throw error;
  }
  lookLater();

  return {
    async receive(max) {
      checkMax(max);
      if (isWaiting)
        throw new FivefoldError("invalid-option", "This consumer is receiving already: one call at a time.");
      isWaiting = true;
      try {
        while (!closed) {
          const count = Math.min(MAX_TURN, Math.ceil(max / parts.length));
          for (const part of parts) {
            if (part.waiting.length === 0 && !part.isReceiving) void receiveFrom(part, count);
          }
          const taken = takeTurns(max);
          if (taken.length > 0) return taken;
          if (failed !== undefined) {
            const error = failed;
            failed = undefined;
            throw error;
          }
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        return [];
      } finally {
        isWaiting = false;
      }
    },
    async acknowledge(messages) {
      if (closed) {
        throw new FivefoldError("closed", `${what}: the consumer is closed; what it held is delivered again.`);
      }
      await Promise.all([...groupByConsumer(messages)].map(([consumer, own]) => consumer.acknowledge(own)));
    },
    negativeAcknowledge(messages, delayMs) {
      for (const [consumer, own] of groupByConsumer(messages)) consumer.negativeAcknowledge(own, delayMs);
    },
    async close() {
      if (closed) return;
      closed = true;
      cancelLook();
      wake?.();
      await Promise.all(parts.map(({ consumer }) => consumer.close()));
      settings.onClose();
    },
  };
}
