import { join } from "node:path";
import type { PulsarBroker } from "../../parts/pulsar-broker.ts";
import { topicOf } from "../../transport/history/player.ts";
import { runHistory } from "../../transport/history/run-history.ts";
import type { Setting } from "../../transport/history/setting.ts";
import type { PulsarPlace } from "./elsewhere.ts";
import { createNamespace, type Way } from "./transports.ts";

const ELSEWHERE = join(import.meta.dirname, "elsewhere.ts");

/** Plays a setting on a namespace of its own, whose topic is unloaded that often meanwhile. Returns what it breaks. */
export async function runPulsarHistory(
  broker: PulsarBroker,
  way: Way,
  setting: Setting,
  { partitions, unloads, patienceMs }: { partitions: number; unloads: number; patienceMs: number },
): Promise<string[]> {
  const namespace = await createNamespace(broker, { deduplication: true });
  const topic = `/admin/v2/persistent/${namespace.name}/${topicOf(setting)}`;
  if (partitions > 0) await broker.admin("PUT", `${topic}/partitions`, partitions);
  const { serviceUrl, adminUrl } = broker;
  const place: PulsarPlace = { way: way.name, serviceUrl, adminUrl, namespace: namespace.name };
  const transport = await way.open(broker, { namespace: namespace.name, timeoutMs: 60_000 });
  const unload = async () => {
    await broker.admin("PUT", `${topic}/unload`);
  };
  const faults = await runHistory(
    {
      transport,
      elsewhere: { module: ELSEWHERE, argument: JSON.stringify(place) },
      patienceMs,
      disturb: { times: unloads, run: unload },
    },
    setting,
  );
  await transport.close();
  await namespace.remove();
  return faults.map((fault) => `${way.name}, ${partitions} partitions, ${unloads} unloads: ${fault}`);
}
