import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgresDedupeStore } from "../../runtime/adapters/postgres/postgres-dedupe-store.ts";
import { openPostgresDelayStore } from "../../runtime/adapters/postgres/postgres-delay-store.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { DedupeStore } from "../../runtime/frontend/dedupe-store.ts";
import type { DelayStore } from "../../runtime/scheduler/delay-store.ts";
import { type Postgres, startPostgres } from "../parts/postgres.ts";
import { delayed } from "../runtime/scheduler/delay-store-suite.ts";
import { type Adapter, DEDUPE_STORES, DELAY_STORES, onPostgres, onPostgresBesideFormer } from "./adapters.ts";
import { CANCEL_MOVES, type CancelMove, cancelFaults, cancelSequence } from "./cancel-sequences.ts";
import { runDedupe } from "./dedupe-world.ts";
import { delayFaults, MOVES, SKEWS, sequence } from "./delay-sequences.ts";
import { runDelays } from "./delay-world.ts";
import { whileWritten } from "./overlap.ts";
import { drawFrom } from "./world.ts";

/*
 * Every adapter of the stores' ports against a model, over fixed seeds: `npm run torture stores` goes on for as long as
 * it is given.
 */

let server: Postgres;

beforeAll(async () => {
  // What is tested here is not the disk.
  server = await startPostgres({ settings: { fsync: "off", full_page_writes: "off" } });
});

afterAll(() => server.stop());

/** Opened once the server runs. */
function onServer<S>(name: string, adapter: () => Adapter<S>): Adapter<S> {
  return { name, open: (clocks) => adapter().open(clocks) };
}
const BESIDE = "postgres, beside release 0.1.0";
const present = () => onPostgres(server.connectionString);
const beside = () => onPostgresBesideFormer(server.connectionString);

const delayStores: readonly Adapter<DelayStore>[] = [
  ...DELAY_STORES,
  onServer("postgres", () => present().delays),
  onServer(BESIDE, () => beside().delays),
];

const dedupeStores: readonly Adapter<DedupeStore>[] = [
  ...DEDUPE_STORES,
  onServer("postgres", () => present().dedupe),
  onServer(BESIDE, () => beside().dedupe),
];

describe.each(delayStores)("delay store, $name", (adapter) => {
  test("two processes, in any order of their moves, lose nothing, and claim nothing early or twice", async () => {
    const opened = await adapter.open([systemClock, systemClock]);
    const faults: string[] = [];
    const draw = drawFrom(1);
    const drawn = () => sequence(draw(MOVES.length ** 6), 6);
    const all = adapter.name === "memory" ? everySequence(5) : Array.from({ length: 60 }, drawn);
    for (const moves of all) {
      for (const skews of adapter.name === "memory" ? SKEWS : [SKEWS[draw(SKEWS.length)]!]) {
        faults.push(...(await delayFaults(opened.ways, moves, skews)));
      }
    }
    // The smallest that were ever wrong.
    for (const moves of ["A adds, A claims, A adds, A removes", "A adds, A claims, B adds, A removes"]) {
      for (const skews of SKEWS) {
        faults.push(...(await delayFaults(opened.ways, moves.split(", ") as (typeof MOVES)[number][], skews)));
      }
    }
    await opened.close();
    expect(faults.slice(0, 10)).toEqual([]);
  });

  test.runIf(adapter.name !== BESIDE)(
    "what was cancelled is claimed by nobody, and what was rescheduled then, in any order of moves",
    async () => {
      const opened = await adapter.open([systemClock, systemClock]);
      const faults: string[] = [];
      const draw = drawFrom(1);
      const length = adapter.name === "memory" ? 4 : 6;
      const all = CANCEL_MOVES.length ** length;
      const numbers = adapter.name === "memory" ? Array.from({ length: all }, (_, i) => i) : draws(80, () => draw(all));
      for (const number of numbers) faults.push(...(await cancelFaults(opened.ways, cancelSequence(number, length))));
      for (const moves of [
        // Put off again after it was cancelled, or rescheduled.
        "A adds, B cancels, A adds, time comes, A claims, B claims",
        "A adds, A puts off, A adds, time comes, A claims, A fires, A adds, B claims",
        "A adds, B hastens, A adds, time comes, B claims, A fires, A adds, time comes",
        // There and back, with copies of before in between.
        "A adds, A puts off, A adds, B hastens, A adds, A puts off, B cancels, A adds, time comes",
      ]) {
        faults.push(...(await cancelFaults(opened.ways, moves.split(", ") as CancelMove[])));
      }
      await opened.close();
      expect(faults.slice(0, 10)).toEqual([]);
    },
  );

  test("workers that are killed and paused, on clocks that differ, handle all that was added, and nothing early", async () => {
    let kills = 0;
    for (let seed = 1; seed <= (adapter.name === "memory" ? 60 : 3); seed++) {
      const run = await runDelays(adapter, drawFrom(seed), [0, 20, 10_000][seed % 3]!);
      expect(run.faults, `seed ${seed}`).toEqual([]);
      kills += run.kills;
    }
    expect(kills).toBeGreaterThan(0);
  });
});

describe.each(dedupeStores)("dedupe store, $name", (adapter) => {
  test("producers that are killed, paused and left without an answer have each id stored as one task, and one event, at most", async () => {
    let kills = 0;
    let conflicts = 0;
    for (let seed = 1; seed <= (adapter.name === "memory" ? 200 : 4); seed++) {
      const run = await runDedupe(adapter, drawFrom(seed), [0, 20, 10_000][seed % 3]!, adapter.name !== BESIDE);
      expect(run.faults, `seed ${seed}`).toEqual([]);
      kills += run.kills;
      conflicts += run.conflicts;
    }
    expect(kills).toBeGreaterThan(0);
    expect(conflicts).toBeGreaterThan(0);
  });
});

describe("postgres, where a renewal commits in the middle of a call", () => {
  test("a delay store removes what was fired, moves the leases of what was not, and keeps what was added since", async () => {
    const options = { url: server.connectionString, schema: "delays_overlap" };
    const row = { url: server.connectionString, table: "delays_overlap.delayed" };
    const store = await openPostgresDelayStore(options);
    await store.add([delayed("a", 1_000), delayed("b", 1_000)]);
    const [first, second] = await store.claimDue(1_000, 10, 5_000);
    const renewed = { ...row, set: "wakes_at = 9000" };

    await whileWritten(renewed, () => store.remove([first!]));
    expect(await store.size()).toBe(1);
    await whileWritten(renewed, () => store.renew([second!], 20_000));
    expect(await store.nextDueAt()).toBe(20_000);
    await whileWritten({ ...row, set: "claim = 0, wakes_at = due_at" }, () => store.remove([second!]));
    expect(await store.size()).toBe(1);
    await store.close();
  });

  test("a dedupe store renews and releases what is reserved, and releases nothing that was confirmed", async () => {
    const options = { url: server.connectionString, schema: "dedupe_overlap" };
    const row = { url: server.connectionString, table: "dedupe_overlap.dedupe" };
    const store = await openPostgresDedupeStore(options);
    const request = (id: string) => ({ useCase: "note", dedupeId: "d", id });
    const reserve = async (id: string, nowMs: number) => (await store.reserve([request(id)], nowMs, 5_000))[0];
    expect(await reserve("a", 1_000)).toEqual({ kind: "reserved" });
    const renewed = { ...row, set: "until = 9000" };

    await whileWritten(renewed, () => store.renew([request("a")], 20_000));
    expect(await reserve("b", 19_000)).toEqual({ kind: "pending" });
    // Another gets it as its own: nothing of the one that was released is kept.
    await whileWritten(renewed, () => store.release([request("a")]));
    expect(await reserve("c", 1_000)).toEqual({ kind: "reserved" });
    await whileWritten({ ...row, set: "confirmed = true, until = 9000" }, () => store.release([request("c")]));
    expect(await reserve("d", 2_000)).toMatchObject({ kind: "duplicate", id: "c" });
    await store.close();
  });
});

function draws(count: number, draw: () => number): number[] {
  return Array.from({ length: count }, draw);
}

function everySequence(longest: number): (typeof MOVES)[number][][] {
  return Array.from({ length: longest }, (_, i) =>
    Array.from({ length: MOVES.length ** (i + 1) }, (_, number) => sequence(number, i + 1)),
  ).flat();
}
