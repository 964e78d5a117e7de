import { runPulsarHistory } from "../../e2e/pulsar/pulsar-history.ts";
import { ALL_WAYS } from "../../e2e/pulsar/transports.ts";
import { startPulsarBroker } from "../../parts/pulsar-broker.ts";
import { drawSetting, drawWith } from "../../transport/history/setting.ts";
import type { Scenario } from "../scenario.ts";

/** Most of one setting. */
const RECORDS = 20_000;
const PATIENCE_MS = 30_000;

/** Any number of consumers and processes on a real broker, by each way in turn, with kills and unloads. */
const scenario: Scenario = {
  needs: "a Pulsar broker and libpulsar, which it installs and starts",
  async run({ seed, until }) {
    const broker = await startPulsarBroker({ config: { forceDeleteNamespaceAllowed: true } });
    const faults: string[] = [];
    const did: Record<string, number> = { settings: 0, kills: 0, unloads: 0 };
    try {
      for (let next = seed; performance.now() < until; next++) {
        for (const way of ALL_WAYS) {
          const draw = drawWith(next);
          const setting = drawSetting(next, { records: RECORDS, several: true }, { takesOnlyWhatItReturns: false });
          const unloads = draw.oneOf([0, 1, 3]);
          const partitions = draw.oneOf([0, 0, 4]);
          faults.push(
            ...(await runPulsarHistory(broker, way, setting, { partitions, unloads, patienceMs: PATIENCE_MS })),
          );
          did.settings! += 1;
          did.kills! += setting.kills;
          did.unloads! += unloads;
          did[way.name] = (did[way.name] ?? 0) + setting.records;
        }
      }
    } finally {
      await broker.stop();
    }
    return { did, faults };
  },
};

export default scenario;
