import { type Clock, systemClock } from "./clock.ts";
import { type Connection, connectTo } from "./connection.ts";
import { createMemoryDedupeStore } from "./frontend/memory-dedupe-store.ts";
import { createMemoryDelayStore } from "./scheduler/memory-delay-store.ts";
import { createMemoryTransport } from "./transport/memory.ts";

/** Connects this process's clients to stores in its memory; `oneWorker` says that no second one runs on them. Nothing outlives it. */
export function connectMemory(clock: Clock = systemClock, { oneWorker = false } = {}): Connection {
  return connectTo({
    transport: createMemoryTransport({ clock }),
    delayStore: createMemoryDelayStore(oneWorker),
    dedupeStore: createMemoryDedupeStore(),
    clock,
  });
}
