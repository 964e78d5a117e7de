import { type Clock, systemClock } from "./clock.ts";
import { type Connection, connectTo } from "./connection.ts";
import { createMemoryControlStore } from "./control/memory-control-store.ts";
import { createMemoryDedupeStore } from "./frontend/memory-dedupe-store.ts";
import { createMemoryDelayStore } from "./scheduler/memory-delay-store.ts";
import { createMemoryTransport } from "./transport/memory.ts";

/** Connects this process's clients to stores in its memory; `oneWorker` says that no second one runs on them. Nothing outlives it. */
export function connectMemory(clock: Clock = systemClock, { oneWorker = false } = {}): Connection {
  const controlStore = createMemoryControlStore();
  return connectTo({
    transport: createMemoryTransport({ clock }),
    delayStore: createMemoryDelayStore(oneWorker),
    dedupeStore: createMemoryDedupeStore(),
    openControlStore: async () => controlStore,
    clock,
  });
}
