import { afterAll, beforeAll } from "vitest";
import { createMemoryDedupeStore } from "../../runtime/adapters/memory/memory-dedupe-store.ts";
import { createMemoryDelayStore } from "../../runtime/adapters/memory/memory-delay-store.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { describeDeadLetters } from "../runtime/dead-letters.ts";
import { createNamespace, WAYS } from "./pulsar/transports.ts";

let broker: PulsarBroker;

beforeAll(async () => {
  broker = await startPulsarBroker();
}, INSTALL_TIMEOUT_MS);

afterAll(() => broker?.stop());

for (const way of WAYS) {
  describeDeadLetters(way.name, async () => {
    const { name } = await createNamespace(broker);
    return {
      transport: await way.open(broker, { namespace: name }),
      delayStore: createMemoryDelayStore(),
      dedupeStore: createMemoryDedupeStore(),
      clock: systemClock,
    };
  });
}
