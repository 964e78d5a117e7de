import { afterAll, beforeAll } from "vitest";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { describeTransport } from "../transport/conformance.ts";
import { createNamespace, WAYS } from "./pulsar/transports.ts";

let broker: PulsarBroker;

beforeAll(async () => {
  // It refuses by default to delete namespaces that hold topics.
  broker = await startPulsarBroker({ config: { forceDeleteNamespaceAllowed: true } });
}, INSTALL_TIMEOUT_MS);

afterAll(() => broker?.stop());

for (const way of WAYS) {
  describeTransport(
    way.name,
    async () => {
      const namespace = await createNamespace(broker);
      return {
        open: () => way.open(broker, { namespace: namespace.name, timeoutMs: 60_000 }),
        remove: async () => {
          await namespace.remove();
        },
      };
    },
    { patienceMs: 400, orderRuns: 6 },
  );
}
