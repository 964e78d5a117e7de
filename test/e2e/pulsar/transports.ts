import { createFailoverTransport } from "../../../runtime/adapters/pulsar/failover.ts";
import { openPulsarTransport } from "../../../runtime/adapters/pulsar/pulsar.ts";
import { createPulsarBinaryTransport } from "../../../runtime/adapters/pulsar/pulsar-binary.ts";
import type { PulsarOptions } from "../../../runtime/adapters/pulsar/pulsar-ports.ts";
import { createPulsarWebSocketTransport } from "../../../runtime/adapters/pulsar/pulsar-websocket.ts";
import type { PulsarSettings } from "../../../runtime/adapters/pulsar/settings.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import type { Transport } from "../../../runtime/transport/transport.ts";
import type { PulsarBroker } from "../../parts/pulsar-broker.ts";
import { installPulsarClient } from "../../parts/pulsar-client-install.ts";

/** A way to a broker. */
export interface Way {
  readonly name: string;
  /** How a process is told to come by it. */
  address(broker: Pick<PulsarBroker, "adminUrl" | "serviceUrl">): PulsarOptions;
  open(
    broker: Pick<PulsarBroker, "adminUrl" | "serviceUrl">,
    settings: Partial<PulsarSettings> & { namespace: string },
  ): Promise<Transport>;
}

const byWebSocket: Way = {
  name: "Pulsar by WebSocket",
  address: ({ adminUrl }) => ({ url: adminUrl }),
  open: async ({ adminUrl }, settings) =>
    createPulsarWebSocketTransport({ webUrl: adminUrl, clock: systemClock, ...settings }),
};

const byLibpulsar: Way = {
  name: "Pulsar by libpulsar",
  address: ({ adminUrl, serviceUrl }) => ({ url: serviceUrl, adminUrl, client: "libpulsar" }),
  open: ({ adminUrl, serviceUrl }, settings) =>
    openPulsarTransport({ serviceUrl, webUrl: adminUrl, clock: systemClock, ...settings }),
};

const byBinary: Way = {
  name: "Pulsar by its binary protocol",
  address: ({ adminUrl, serviceUrl }) => ({ url: serviceUrl, adminUrl, client: "fivefold" }),
  open: async ({ adminUrl, serviceUrl }, settings) =>
    createPulsarBinaryTransport({ serviceUrl, webUrl: adminUrl, clock: systemClock, ...settings }),
};

// Before any test imports the package: npm leaves its native part out.
await installPulsarClient();

export const WAYS: readonly Way[] = [byBinary, byWebSocket, byLibpulsar];

/** How a process is told, by its environment. */
export function environmentOf({ url = "", adminUrl, client }: PulsarOptions): Record<string, string> {
  return {
    FIVEFOLD_PULSAR_URL: url,
    ...(adminUrl !== undefined && { FIVEFOLD_PULSAR_ADMIN_URL: adminUrl }),
    ...(client !== undefined && { FIVEFOLD_PULSAR_CLIENT: client }),
  };
}

/** Two ways as two clusters that stand in for one another, which are one and the same. */
const byFailover: Way = {
  name: "Pulsar behind failover",
  address: ({ adminUrl, serviceUrl }) => ({
    url: `${serviceUrl},${adminUrl}`,
    adminUrl: `${adminUrl},${adminUrl}`,
    client: "fivefold",
  }),
  open: async (broker, settings) =>
    createFailoverTransport({
      clusters: await Promise.all(
        [byBinary, byWebSocket].map((way) => way.open(broker, { ...settings, timeoutMs: 10_000 })),
      ),
      clock: systemClock,
    }),
};

export const ALL_WAYS: readonly Way[] = [...WAYS, byFailover];

let namespaces = 0;

/** A namespace of its own, that creates no topic by itself. */
export async function createNamespace(broker: PulsarBroker, policies: Readonly<Record<string, unknown>> = {}) {
  namespaces += 1;
  const name = `public/test-${process.pid}-${namespaces}`;
  const path = `/admin/v2/namespaces/${name}`;
  await broker.admin("PUT", path);
  await broker.admin("POST", `${path}/autoTopicCreation`, { allowAutoTopicCreation: false });
  for (const [policy, value] of Object.entries(policies)) await broker.admin("POST", `${path}/${policy}`, value);
  return { name, remove: () => broker.admin("DELETE", `${path}?force=true`) };
}
