import { createMemoryTransport } from "../adapters/memory/memory.ts";
import { createMemoryControlStore } from "../adapters/memory/memory-control-store.ts";
import { createMemoryDedupeStore } from "../adapters/memory/memory-dedupe-store.ts";
import { createMemoryDelayStore } from "../adapters/memory/memory-delay-store.ts";
import { type Connection, connectTo } from "../connection.ts";
import { type Clock, systemClock } from "../contract/clock.ts";

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
