import type { Clock } from "../contract/clock.ts";
import { type ClientContract, type TaskRecord, topicOf } from "../contract/contract.ts";
import { taskId } from "../contract/task-id.ts";
import { createFrontend } from "../frontend/frontend.ts";
import { createToRecords, type ToRecords } from "../frontend/to-records.ts";
import type { Ports } from "../ports/ports.ts";
import type { Enqueued, Frontend } from "./pipeline.ts";

/** The producer's half: the frontend on a transport. The topics must have been declared. */
export function createFrontendOn<E>(
  contract: ClientContract<E>,
  publish: (topic: string, records: readonly TaskRecord[]) => Promise<void>,
  ports: Ports,
  observe: (enqueued: Enqueued) => void,
): Frontend<E> {
  const { name, priority } = contract.settings;
  const topic = topicOf(name, priority);
  return createFrontend({
    contract,
    publish: (records) => publish(topic, records),
    dedupeStore: ports.dedupeStore,
    observe,
    clock: ports.clock,
    nextId: createIds(ports.clock),
  });
}

/** The frontend's first half alone, where another store than a transport takes the records. */
export function createRecordsOn<E>(contract: ClientContract<E>, clock: Clock): ToRecords<E> {
  return createToRecords({ contract, clock, nextId: createIds(clock) });
}

/** Unique without a random draw for every task. */
function createIds(clock: Clock): (dueAt: number) => string {
  const prefix = clock.randomId(14);
  let count = 0;
  return (dueAt) => taskId(prefix, count++, dueAt);
}
