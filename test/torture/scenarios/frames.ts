import { attackFrames } from "../../e2e/pulsar/frame-attack.ts";
import { WAYS } from "../../e2e/pulsar/transports.ts";
import { startPulsarBroker } from "../../parts/pulsar-broker.ts";
import type { Scenario } from "../scenario.ts";

const ROUND_MS = 60_000;
/** Longer than it takes until a connection by which nothing comes is taken for dead. */
const LONGEST_SILENCE_MS = 25_000;

/** Harms the frames between clients and a broker, by the ways that have frames: a round of a minute for each seed. */
const scenario: Scenario = {
  needs: "a Pulsar broker, which it installs and starts",
  async run({ seed, until, only = "binary" }) {
    const did: Record<string, number> = {};
    const faults: string[] = [];
    const broker = await startPulsarBroker({ config: { brokerDeduplicationEnabled: true } });
    const ways = WAYS.filter(({ name }) => !name.endsWith("WebSocket") && name.includes(only));
    for (let round = 0; round === 0 || performance.now() < until; round++) {
      for (const way of ways) {
        const attack = await attackFrames(broker, way, {
          seed: seed + round,
          forMs: ROUND_MS,
          longestSilenceMs: LONGEST_SILENCE_MS,
        });
        console.log(JSON.stringify({ way: way.name, seed: seed + round, ...attack.did }));
        for (const [what, times] of Object.entries(attack.did)) {
          const name = `${way.name}: ${what}`;
          did[name] = what === "settledAfterMs" ? Math.max(did[name] ?? 0, times) : (did[name] ?? 0) + times;
        }
        faults.push(...attack.faults.map((fault) => `${way.name}: ${fault}`));
      }
      if (faults.length > 0) break;
    }
    await broker.stop();
    return { did, faults };
  },
};

export default scenario;
