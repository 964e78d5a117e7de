import type { TaskRecord } from "../contract/contract.ts";
import type { Producer, Transport } from "../transport/transport.ts";

/** Publishes to any topic of a transport through one producer a topic. */
export interface Publisher {
  /** Resolves once the records are durable. `notBefore` is as the transport's producers take it. */
  publish(topic: string, records: readonly TaskRecord[], notBefore?: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

export function createPublisher(transport: Transport): Publisher {
  const producers = new Map<string, Promise<Producer>>();
  return {
    async publish(topic, records, notBefore) {
      let producer = producers.get(topic);
      if (!producer) {
        producer = transport.producer(topic);
        producers.set(topic, producer);
        // One that couldn't be had now can be had later.
        producer.catch(() => producers.delete(topic));
      }
      await (await producer).publish(records, notBefore);
    },
    async close() {
      const open = await Promise.allSettled(producers.values());
      await Promise.all(open.map((producer) => producer.status === "fulfilled" && producer.value.close()));
    },
  };
}
