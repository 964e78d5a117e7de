import { sleep, systemClock } from "../../../runtime/contract/clock.ts";
import type { Message } from "../../../runtime/contract/contract.ts";
import type { Consumer, Transport } from "../../../runtime/transport/transport.ts";
import { record } from "../records.ts";
import { idOf, type Tell } from "./history.ts";
import { drawWith, type Setting } from "./setting.ts";

export const SUBSCRIPTION = "s";

/** Each setting has a topic of its own, so that many can be played on one place. */
export const topicOf = ({ seed }: Setting): string => `history-${seed}`;

/** One process' part in a setting. */
export interface Part {
  /** Its name in the history, without a dot. */
  readonly process: string;
  /** Draws what is random in it. */
  readonly seed: number;
  readonly consumers: number;
  readonly producers: number;
  /** Records that its producers publish, together. */
  readonly records: number;
}

export interface Player {
  /** Resolves once all of its records are published. Rejects with what any call of the transport rejects with. */
  readonly published: Promise<void>;
  /** Ends its consumers, at once. */
  stop(): Promise<void>;
}

/** Publishes and consumes on a transport as the setting says, and tells what it does. */
export function play(transport: Transport, setting: Setting, part: Part, tell: Tell): Player {
  let stopped = false;
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const consumers = Array.from({ length: part.consumers }, (_, index) => consume(`${part.process}.c${index}`, index));
  const producers = Array.from({ length: part.producers }, (_, index) => produce(`${part.process}.p${index}`, index));
  for (const work of [...consumers, ...producers]) work.catch(fail);
  failed.catch(() => {});

  async function produce(who: string, index: number): Promise<void> {
    const draw = drawWith(part.seed * 1_000 + index);
    const producer = await transport.producer(topicOf(setting));
    const numbers = new Map<string, number>();
    const share = Math.floor(part.records / part.producers) + (index < part.records % part.producers ? 1 : 0);
    for (let rest = share; rest > 0 && !stopped; ) {
      const count = Math.min(rest, draw.between(1, setting.publishMax));
      const batch = Array.from({ length: count }, () => {
        const key = `key-${draw.between(0, setting.keys - 1)}`;
        const number = numbers.get(key) ?? 0;
        numbers.set(key, number + 1);
        return record(idOf(who, key, number), { key });
      });
      const ids = batch.map(({ id }) => id);
      tell("publish", who, ids);
      await producer.publish(batch);
      tell("published", who, ids);
      rest -= count;
      if (setting.publishEveryMs > 0) await sleep(systemClock, draw.between(0, setting.publishEveryMs));
    }
    await producer.close();
  }

  async function consume(name: string, index: number): Promise<void> {
    const draw = drawWith(part.seed * 1_000 + 500 + index);
    for (let life = 0; !stopped; life++) {
      const who = `${name}.${life}`;
      const consumer = await transport.subscribe(topicOf(setting), SUBSCRIPTION, setting.type);
      const handling = new Set<Promise<void>>();
      while (!stopped) {
        const messages = await receive(consumer, draw.between(1, setting.receiveMax));
        if (messages.length === 0) break;
        tell(
          "received",
          who,
          messages.map(({ id }) => id),
        );
        for (const chunk of chunksOf(messages, draw.between(1, messages.length))) {
          const handled = handle(consumer, who, chunk, {
            afterMs: draw.between(0, setting.handleMs),
            givesBack: draw.happens(setting.giveBack),
            delayMs: draw.between(0, 5),
          });
          handling.add(handled);
          handled.then(
            () => handling.delete(handled),
            (error: unknown) => fail(error),
          );
        }
        if (draw.happens(setting.rejoin)) break;
        // As a worker does, which takes no more than it has room for.
        if (handling.size > 16) await Promise.race(handling);
      }
      tell("close", who);
      ended.add(who);
      await consumer.close();
    }
  }

  const ended = new Set<string>();
  const receiving = new Set<() => void>();

  /** Nothing once the player is stopped, even where the transport has nothing either. */
  function receive(consumer: Consumer, max: number): Promise<readonly Message[]> {
    return new Promise((resolve, reject) => {
      const stop = () => resolve([]);
      receiving.add(stop);
      consumer
        .receive(max)
        .then(resolve, reject)
        .finally(() => receiving.delete(stop));
    });
  }

  async function handle(
    consumer: Consumer,
    who: string,
    messages: readonly Message[],
    { afterMs, givesBack, delayMs }: { afterMs: number; givesBack: boolean; delayMs: number },
  ): Promise<void> {
    if (afterMs > 0) await sleep(systemClock, afterMs);
    if (ended.has(who)) return;
    const ids = messages.map(({ id }) => id);
    tell(givesBack ? "give-back" : "acknowledge", who, ids);
    if (givesBack) return consumer.negativeAcknowledge(messages, delayMs);
    await consumer.acknowledge(messages);
    tell("acknowledged", who, ids);
  }

  return {
    published: Promise.race([failed, Promise.all(producers).then(() => {})]),
    async stop() {
      stopped = true;
      for (const end of receiving) end();
      await Promise.race([failed, Promise.all(consumers)]);
    },
  };
}

function chunksOf<T>(all: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < all.length; from += size) chunks.push(all.slice(from, from + size));
  return chunks;
}
