import { type ClientContract, type TaskRecord, topicOf } from "./contract.ts";
import { createFrontend } from "./frontend/frontend.ts";
import type { Enqueued, Frontend } from "./pipeline.ts";
import type { Ports } from "./ports.ts";

/** The producer's half: the frontend on a transport. The topics must have been declared. */
export function createFrontendOn<E>(
  contract: ClientContract<E>,
  publish: (topic: string, records: readonly TaskRecord[]) => Promise<void>,
  ports: Ports,
  observe: (enqueued: Enqueued) => void,
): Frontend<E> {
  const { name, priority } = contract.settings;
  const topic = topicOf(name, priority);
  // An id is the frontend's random part and a count: unique without a random draw for every task.
  const prefix = ports.clock.randomId(14);
  let count = 0;
  return createFrontend({
    contract,
    publish: (records) => publish(topic, records),
    dedupeStore: ports.dedupeStore,
    observe,
    clock: ports.clock,
    nextId: () => `${prefix}-${(count++).toString(36)}`,
  });
}
