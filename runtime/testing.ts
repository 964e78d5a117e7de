/** For tests of use cases: the five layers in this process's memory, in real or in virtual time. */
import { type Clock, systemClock } from "./clock.ts";
import { type Connection, connectTo } from "./connection.ts";
import { createMemoryDedupeStore } from "./frontend/memory-dedupe-store.ts";
import { createMemoryDelayStore } from "./scheduler/memory-delay-store.ts";
import { createMemoryTransport } from "./transport/memory.ts";

export { type Clock, systemClock } from "./clock.ts";
export { createSimulatedClock, type SimulatedClock } from "./simulated-clock.ts";

/** Connects this process's clients to stores in its memory. Nothing outlives it. */
export function connectMemory(clock: Clock = systemClock): Connection {
  return connectTo({
    transport: createMemoryTransport({ clock }),
    delayStore: createMemoryDelayStore(),
    dedupeStore: createMemoryDedupeStore(),
    clock,
  });
}
