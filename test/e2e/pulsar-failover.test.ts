import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createFailoverTransport } from "../../runtime/adapters/pulsar/failover.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { Transport } from "../../runtime/transport/transport.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { consumeSteadily, publishSteadily, waitUntil } from "./pulsar/load.ts";
import { WAYS } from "./pulsar/transports.ts";

const SOON_MS = 120_000;
/** As the product sets it where there are several clusters. */
const TIMEOUT_MS = 10_000;

let brokers: PulsarBroker[];

beforeAll(async () => {
  brokers = [];
  for (const clusterName of ["first", "second"]) brokers.push(await startPulsarBroker({ clusterName }));
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  for (const broker of brokers) await broker.stop();
});

test.each(WAYS)("$name: what is published and consumed moves to the second cluster and back", async (way) => {
  const namespace = "public/default";
  const topic = way.name.replaceAll(" ", "-");
  const clusters: Transport[] = [];
  for (const broker of brokers) clusters.push(await way.open(broker, { namespace, timeoutMs: TIMEOUT_MS }));
  const [first, second] = brokers as [PulsarBroker, PulsarBroker];
  const transport = createFailoverTransport({ clusters, probeEveryMs: 1_000, probesToReturn: 3, clock: systemClock });
  onTestFinished(() => transport.close());
  await transport.declare([{ name: topic, ordered: true, subscriptions: ["s"] }]);
  const consumed = consumeSteadily(await transport.subscribe(topic, "s", "key-shared"));
  const published = await publishSteadily(transport, topic, 100_000);
  const storedIn = async ({ admin }: PulsarBroker) => {
    const stats = await admin("GET", `/admin/v2/persistent/${namespace}/${topic}/stats`);
    return (stats as { msgInCounter: number }).msgInCounter;
  };
  await waitUntil(
    () => consumed.counts.size > 500,
    SOON_MS,
    () => `${consumed.counts.size} came`,
  );

  await first.kill();
  const atKill = published.confirmed.size;
  await waitUntil(
    () => published.confirmed.size > atKill + 1_000 && consumed.counts.size > atKill + 500,
    SOON_MS,
    () => `${published.confirmed.size} were published, ${consumed.counts.size} came; ${published.rejections[0]}`,
  );
  expect(await storedIn(second)).toBeGreaterThan(1_000);

  await first.restart();
  const atReturn = await storedIn(first).catch(() => 0);
  await waitUntil(
    async () => (await storedIn(first)) > atReturn + 500,
    SOON_MS,
    () => "nothing is published in the first cluster again",
  );
  await published.stop();
  // Clusters replicate their topics to one another. These two don't, so that what is left in the second is there still.
  const rest = consumeSteadily(await clusters[1]!.subscribe(topic, "s", "key-shared"));
  const missing = () => [...published.confirmed].filter((id) => !consumed.counts.has(id) && !rest.counts.has(id));
  await waitUntil(
    () => missing().length === 0,
    SOON_MS,
    () => `missing: ${missing().slice(0, 10)}`,
  );
  await Promise.all([consumed.stop(), rest.stop()]);
  expect(published.rejections).toEqual([]);
  const runs = [...consumed.counts.values(), ...rest.counts.values()].reduce((sum, count) => sum + count, 0);
  const count = published.confirmed.size;
  console.log(`${way.name}: ${count} confirmed over both clusters, ${runs - count} came more than once`);
});
