import { expect } from "vitest";
import type { Message, TaskRecord } from "../../../runtime/contract/contract.ts";
import type { Consumer, Transport } from "../../../runtime/transport/transport.ts";

/** A place that a transport keeps its data in, for one test. */
export interface Place {
  /** Opens a transport; for durable ones, the second finds what the first has left. */
  open(): Promise<Transport>;
  remove(): Promise<void>;
  /** How another process opens a transport on it: a module's path, and what its export `open` takes. */
  readonly elsewhere?: { readonly module: string; readonly argument: string };
}

/** What the suite can't ask a transport. */
export interface Pace {
  /** How long what is there may take to come, in ms. Default 15. */
  readonly patienceMs?: number;
  /** Runs of the test that takes long where the patience is long. Default 30. */
  readonly orderRuns?: number;
}

/** What each part of the suite is given. */
export interface Subject extends Required<Pace> {
  /** Opens a transport, closed when the test ends; within a test always on the same place. */
  open(): Promise<Transport>;
  /** How another process opens one on that place, where it can. */
  elsewhere(): Place["elsewhere"];
}

export const ids = (messages: readonly TaskRecord[]): string[] => messages.map(({ id }) => id);

export function withoutPosition({ position: _, ...rest }: Message): TaskRecord {
  return { ...rest, payload: new Uint8Array(rest.payload) };
}

/** Receives until there are `count` messages, acknowledging none. */
export async function receiveCount(consumer: Consumer, count: number, max = count): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < count) messages.push(...(await consumer.receive(Math.min(max, count - messages.length))));
  return messages;
}

/** Checks how many records a subscription has left, as exactly as the transport counts them. */
export async function expectBacklog(
  transport: Transport,
  topic: string,
  subscription: string,
  count: number,
): Promise<void> {
  const found = await transport.backlog(topic, subscription);
  if (transport.capabilities.countsBacklogInRecords || count === 0) expect(found).toBe(count);
  else {
    expect(found).toBeGreaterThanOrEqual(1);
    expect(found).toBeLessThanOrEqual(count);
  }
}

/** Receives from all consumers at once until there are `count` messages in all; by consumer. The last calls stay pending. */
export async function receiveFromAll(consumers: readonly Consumer[], count: number, max = count): Promise<Message[][]> {
  const received: Message[][] = consumers.map(() => []);
  let rest = count;
  await new Promise<void>((resolve, reject) => {
    for (const [index, consumer] of consumers.entries()) {
      const next = async () => {
        while (rest > 0) {
          const messages = await consumer.receive(max);
          received[index]!.push(...messages);
          rest -= messages.length;
        }
        resolve();
      };
      next().catch(reject);
    }
  });
  return received;
}

/** Publishes by a producer of its own. */
export async function publish(transport: Transport, topic: string, published: readonly TaskRecord[]): Promise<void> {
  await (await transport.producer(topic)).publish(published);
}
