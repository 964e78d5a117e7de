import { systemClock } from "../../../runtime/contract/clock.ts";
import type { DedupeStore } from "../../../runtime/frontend/dedupe-store.ts";
import type { DelayStore } from "../../../runtime/scheduler/delay-store.ts";
import { startPostgres } from "../../parts/postgres.ts";
import {
  type Adapter,
  DEDUPE_STORES,
  DELAY_STORES,
  onPostgres,
  onPostgresBesideFormer,
} from "../../store-model/adapters.ts";
import { runDedupe } from "../../store-model/dedupe-world.ts";
import { delayFaults, MOVES, SKEWS, sequence } from "../../store-model/delay-sequences.ts";
import { runDelays } from "../../store-model/delay-world.ts";
import { drawFrom } from "../../store-model/world.ts";
import type { Scenario } from "../scenario.ts";

/** Sequences on one opened store, before it is opened anew. */
const SEQUENCES = 40;
const LONGEST_SEQUENCE = 8;
const LONGEST_SKEW_MS = 10_000;

/** Every adapter of the stores' ports against the store model, PostgreSQL included. */
const stores: Scenario = {
  async run({ seed, until }) {
    const server = await startPostgres({ settings: { fsync: "off", full_page_writes: "off" } });
    const present = onPostgres(server.connectionString);
    const beside = onPostgresBesideFormer(server.connectionString);
    const delayStores = [...DELAY_STORES, present.delays, beside.delays];
    const dedupeStores = [...DEDUPE_STORES, present.dedupe, beside.dedupe];
    const faults: string[] = [];
    const did = {
      sequences: 0,
      delayWorlds: 0,
      handled: 0,
      dedupeWorlds: 0,
      receipts: 0,
      conflicts: 0,
      copies: 0,
      kills: 0,
    };

    async function sequences(adapter: Adapter<DelayStore>, worldSeed: number): Promise<void> {
      const draw = drawFrom(worldSeed);
      const opened = await adapter.open([systemClock, systemClock]);
      for (let i = 0; i < SEQUENCES; i++) {
        const length = 1 + draw(LONGEST_SEQUENCE);
        const moves = sequence(draw(MOVES.length ** length), length);
        const found = await delayFaults(opened.ways, moves, SKEWS[draw(SKEWS.length)]!);
        faults.push(...found.map((fault) => `${adapter.name}: ${fault}`));
        did.sequences++;
      }
      await opened.close();
    }

    async function delayWorld(adapter: Adapter<DelayStore>, worldSeed: number): Promise<void> {
      const draw = drawFrom(worldSeed);
      const run = await runDelays(adapter, draw, draw(2) === 0 ? draw(100) : draw(LONGEST_SKEW_MS));
      faults.push(...run.faults.map((fault) => `${adapter.name}, world ${worldSeed}: ${fault}`));
      did.delayWorlds++;
      did.handled += run.handled;
      did.kills += run.kills;
    }

    async function dedupeWorld(adapter: Adapter<DedupeStore>, worldSeed: number): Promise<void> {
      const draw = drawFrom(worldSeed);
      const skewMs = draw(2) === 0 ? draw(100) : draw(LONGEST_SKEW_MS);
      const run = await runDedupe(adapter, draw, skewMs, adapter !== beside.dedupe);
      faults.push(...run.faults.map((fault) => `${adapter.name}, world ${worldSeed}: ${fault}`));
      did.dedupeWorlds++;
      did.receipts += run.receipts;
      did.conflicts += run.conflicts;
      did.copies += run.copies;
      did.kills += run.kills;
    }

    try {
      for (let worldSeed = seed; performance.now() < until; worldSeed++) {
        for (const adapter of delayStores) {
          await sequences(adapter, worldSeed);
          await delayWorld(adapter, worldSeed);
        }
        for (const adapter of dedupeStores) await dedupeWorld(adapter, worldSeed);
      }
      return { did, faults };
    } finally {
      await server.stop();
    }
  },
};

export default stores;
