import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { drawSetting } from "../transport/history/setting.ts";
import { runPulsarHistory } from "./pulsar/pulsar-history.ts";
import { ALL_WAYS } from "./pulsar/transports.ts";

/** More, and for longer: `npm run torture history-pulsar`. */
const RECORDS = 3_000;
const PATIENCE_MS = 40_000;

let broker: PulsarBroker;

beforeAll(async () => {
  broker = await startPulsarBroker({ config: { forceDeleteNamespaceAllowed: true } });
}, INSTALL_TIMEOUT_MS);

afterAll(() => broker?.stop());

describe.each(ALL_WAYS)("$name", (way) => {
  test.each([
    { seed: 12, partitions: 4, unloads: 1 },
    { seed: 18, partitions: 0, unloads: 2 },
    { seed: 16, partitions: 0, unloads: 0 },
  ])("returns every record, in key order, whatever consumers do (seed $seed)", async ({ seed, ...disturbed }) => {
    const setting = drawSetting(seed, { records: RECORDS, several: true }, { takesOnlyWhatItReturns: false });
    expect(await runPulsarHistory(broker, way, setting, { ...disturbed, patienceMs: PATIENCE_MS })).toEqual([]);
  });
});
