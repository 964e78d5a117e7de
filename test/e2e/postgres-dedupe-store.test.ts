import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgresDedupeStore } from "../../runtime/adapters/postgres/postgres-dedupe-store.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { TaskRecord } from "../../runtime/contract/contract.ts";
import { FivefoldError } from "../../runtime/contract/errors.ts";
import { publishOnce } from "../../runtime/frontend/dedupe.ts";
import { describeDedupeStore, request } from "../runtime/frontend/dedupe-store-suite.ts";
import { delayed } from "../runtime/scheduler/delay-store-suite.ts";
import { openFormerDedupeStore } from "../store-model/before/postgres-dedupe-store.ts";
import { type PostgresServer, startPostgres } from "./postgres/server.ts";

let server: PostgresServer;
let schemas = 0;

beforeAll(async () => {
  server = await startPostgres();
});

afterAll(() => server.stop());

const openEmpty = () => openPostgresDedupeStore({ url: server.url, schema: `dedupe_${schemas++}` });

describeDedupeStore("postgres", openEmpty);

/** A permutation that differs from run to run. */
function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

describe("dedupe store on PostgreSQL", () => {
  test("of all that reserve the same ids at once, in any order, one gets each", async () => {
    const schema = `dedupe_${schemas++}`;
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openPostgresDedupeStore({ url: server.url, schema })),
    );
    const ids = Array.from({ length: 3_000 }, (_, i) => `id${i}`);
    const won = (
      await Promise.all(
        stores.flatMap((store, of) =>
          [0, 1].map(async (call) => {
            const requests = shuffled(ids).map((id) => request(id, `${of}-${call}`));
            const reservations = await store.reserve(requests, 1_000, 60_000);
            return requests.filter((_, i) => reservations[i]!.kind === "reserved");
          }),
        ),
      )
    ).flat();
    expect(won.map(({ dedupeId }) => dedupeId).sort()).toEqual([...ids].sort());

    const byTask = Map.groupBy(won, ({ id }) => id);
    await Promise.all([...byTask.values()].map((requests, i) => stores[i % 4]!.confirm(requests, 90_000)));
    const answers = await stores[0]!.reserve(
      won.map(({ dedupeId }) => request(dedupeId, "late")),
      2_000,
      60_000,
    );
    expect(answers).toEqual(won.map(({ id }) => ({ kind: "duplicate", id })));
    await Promise.all(stores.map((store) => store.close()));
  });

  test("producers that enqueue the same events at once publish each once, and learn the same task ids", async () => {
    const schema = `dedupe_${schemas++}`;
    const stores = await Promise.all(
      Array.from({ length: 3 }, () => openPostgresDedupeStore({ url: server.url, schema })),
    );
    const published: TaskRecord[] = [];
    const publish = async (records: readonly TaskRecord[]) => {
      await sleep(5);
      published.push(...records);
    };
    const receipts = await Promise.all(
      stores.map((dedupeStore, of) => {
        const records = Array.from({ length: 500 }, (_, i) => {
          const payload = Buffer.from(`payload ${i}`);
          return delayed(`${of}-${i}`, 0, { dedupeId: `event ${i}`, payload }).record;
        });
        return publishOnce(records, 60_000, { publish, dedupeStore, clock: systemClock });
      }),
    );
    expect(published).toHaveLength(500);
    const ids = new Map(published.map(({ dedupeId, id }) => [dedupeId, id]));
    for (const ofOne of receipts) {
      expect(ofOne.map((receipt) => receipt?.id)).toEqual(Array.from({ length: 500 }, (_, i) => ids.get(`event ${i}`)));
    }
    expect(receipts.flat().filter((receipt) => receipt?.duplicate === false)).toHaveLength(500);
    await Promise.all(stores.map((store) => store.close()));
  });

  test("beside release 0.1.0, what that one has written is no other event than it is", async () => {
    const options = { url: server.url, schema: `dedupe_${schemas++}` };
    const former = await openFormerDedupeStore(options);
    await former.reserve([request("kept", "1")], 0, 5_000);
    await former.confirm([request("kept", "1")], 90_000);
    const present = await openPostgresDedupeStore(options);
    const asked = (dedupeId: string, id: string) => ({ ...request(dedupeId, id), content: `1.${id}` });
    expect(await present.reserve([asked("kept", "2")], 1, 5_000)).toEqual([{ kind: "duplicate", id: "1" }]);

    await present.reserve([asked("x", "3")], 1, 5_000);
    await present.confirm([asked("x", "3")], 10_000);
    expect(await former.reserve([request("x", "4")], 2, 5_000)).toEqual([{ kind: "duplicate", id: "3" }]);
    // Once that is over, another event takes its row.
    expect(await former.reserve([request("x", "5")], 10_000, 5_000)).toEqual([{ kind: "reserved" }]);
    await former.confirm([request("x", "5")], 90_000);
    expect(await present.reserve([asked("x", "6")], 20_000, 5_000)).toEqual([{ kind: "duplicate", id: "5" }]);
    await Promise.all([former.close(), present.close()]);
  });

  test("a sweep is bounded, and several at once share the work", async () => {
    const store = await openEmpty();
    await store.reserve(
      Array.from({ length: 2_500 }, (_, i) => request(`id${i}`, "1")),
      0,
      1_000,
    );
    expect(await store.sweep(999)).toBe(0);
    const swept = await Promise.all([store.sweep(1_000), store.sweep(1_000)]);
    for (const count of swept) expect(count).toBeLessThanOrEqual(1_000);
    let rest = 2_500 - swept[0]! - swept[1]!;
    for (let count = await store.sweep(1_000); count > 0; count = await store.sweep(1_000)) rest -= count;
    expect(rest).toBe(0);
    await store.close();
  });

  test("rejects while PostgreSQL is away, remembers what was confirmed, and works again afterwards", async () => {
    const store = await openEmpty();
    await store.reserve([request("x", "1")], 0, 1_000);
    await store.confirm([request("x", "1")], 1_000_000);
    await server.kill();
    const refused = store.reserve([request("x", "2")], 1, 1_000);
    await expect(refused).rejects.toThrow(FivefoldError);
    await expect(store.reserve([request("y", "2")], 1, 1_000)).rejects.toMatchObject({ code: "not-connected" });
    await server.restart();
    expect(await store.reserve([request("x", "3")], 2, 1_000)).toEqual([{ kind: "duplicate", id: "1" }]);
    await store.close();
    await expect(store.sweep(5)).rejects.toMatchObject({ code: "closed" });
  });
});
