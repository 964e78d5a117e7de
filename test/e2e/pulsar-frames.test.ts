import { afterAll, beforeAll, expect, test } from "vitest";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { attackFrames } from "./pulsar/frame-attack.ts";
import { WAYS } from "./pulsar/transports.ts";

/** More, for longer, and by libpulsar: `npm run torture frames`. */
const FOR_MS = 15_000;
const LONGEST_SILENCE_MS = 3_000;

let broker: PulsarBroker;

beforeAll(async () => {
  broker = await startPulsarBroker({ config: { brokerDeduplicationEnabled: true } });
}, INSTALL_TIMEOUT_MS);

afterAll(() => broker?.stop());

const binary = WAYS.find(({ name }) => name.includes("binary"))!;

test("whatever happens to frames between clients and a broker, what was accepted is stored once and handled", async () => {
  const { did, faults } = await attackFrames(broker, binary, {
    ...{ seed: 11, forMs: FOR_MS, longestSilenceMs: LONGEST_SILENCE_MS },
  });
  console.log(JSON.stringify(did));
  expect(faults).toEqual([]);
  expect(did.accepted).toBeGreaterThan(1_000);
}, 300_000);
