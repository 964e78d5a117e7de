import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgresDelayStore } from "../../runtime/adapters/postgres/postgres-delay-store.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import { FivefoldError } from "../../runtime/contract/errors.ts";
import { createDelayRunner } from "../../runtime/scheduler/delay-runner.ts";
import { delayed, describeDelayStore } from "../runtime/scheduler/delay-store-suite.ts";
import { type PostgresServer, startPostgres } from "./postgres/server.ts";

let server: PostgresServer;
let schemas = 0;

beforeAll(async () => {
  server = await startPostgres();
});

afterAll(() => server.stop());

function openEmpty() {
  return openPostgresDelayStore({ url: server.url, schema: `delays_${schemas++}` });
}

describeDelayStore("postgres", openEmpty);

describe("delay store on PostgreSQL", () => {
  test("a claim whose lease has lapsed removes nothing of the claim that followed it", async () => {
    const store = await openEmpty();
    await store.add([delayed("a", 1_000), delayed("b", 1_000)]);
    const lapsed = await store.claimDue(1_000, 10, 5_000);
    const holding = await store.claimDue(6_000, 10, 5_000);
    await store.remove(lapsed);
    expect(await store.size()).toBe(2);
    await store.remove(holding.slice(0, 1));
    expect(await store.size()).toBe(1);
    // What a claim removed and somebody added again is another record.
    const [gone] = holding;
    await store.add([gone!]);
    await store.remove(holding);
    expect((await store.claimDue(7_000, 10, 1)).map(({ record }) => record.id)).toEqual([gone!.record.id]);
    await store.close();
  });

  test("keeps texts that PostgreSQL can't, ids of any length, and times between milliseconds", async () => {
    const store = await openEmpty();
    const odd = "a\0b \ud800 \u{1f600} \" \\ ' {NULL}";
    const long = "x".repeat(10_000);
    const added = [
      delayed(odd, 1.25, { key: odd, tenant: odd, dedupeId: odd, subscription: odd }),
      delayed(long, 2, { payload: new Uint8Array(0) }),
      delayed(`${long}!`, 3, {
        failure: { reason: "attempts", message: odd, subscription: "default", failedAt: 5 },
        payload: Uint8Array.from({ length: 256 }, (_, i) => i),
      }),
    ];
    await store.add(added);
    await store.add(added);
    expect(await store.claimDue(1, 10, 1_000)).toEqual([]);
    const claims = await store.claimDue(3, 10, 1_000);
    expect(claims.map(({ dueAt }) => dueAt)).toEqual([2, 2, 3]);
    const found = new Map(claims.map(({ record }) => [record.id, record]));
    for (const { record } of added) {
      expect({ ...found.get(record.id)!, payload: [...found.get(record.id)!.payload] }).toEqual({
        ...record,
        payload: [...record.payload],
      });
    }
    await store.remove(claims);
    expect(await store.size()).toBe(0);
    await store.close();
  });

  test("claims at most 16 MiB at once, and always something", async () => {
    const store = await openEmpty();
    const payload = new Uint8Array(5 * 1024 * 1024);
    await store.add([0, 1, 2, 3, 4].map((i) => delayed(`n${i}`, i, { payload })));
    await store.add([delayed("huge", 9, { payload: new Uint8Array(20 * 1024 * 1024) })]);
    const ids = async () => (await store.claimDue(10, 100, 60_000)).map(({ record }) => record.id);
    expect([await ids(), await ids(), await ids()]).toEqual([["n0", "n1", "n2", "n3"], ["n4", "huge"], []]);
    await store.close();
  });

  test("four processes claim at once, and no record twice", async () => {
    const schema = `delays_${schemas++}`;
    const store = await openPostgresDelayStore({ url: server.url, schema });
    const due = Date.now();
    const ids = Array.from({ length: 20_000 }, (_, i) => `n${i}`);
    await store.add(ids.map((id, i) => delayed(id, due + (i % 1_000))));
    const claimers = Array.from({ length: 4 }, () => startClaimer(schema, 60_000, true));
    for (const endsAt = Date.now() + 60_000; (await store.size()) > 0 && Date.now() < endsAt; ) await sleep(50);
    const fired = (await Promise.all(claimers.map((claimer) => claimer.kill()))).filter((ofOne) => ofOne.length > 0);
    expect(fired.flat().sort()).toEqual([...ids].sort());
    expect(fired.length, "processes that got some").toBeGreaterThan(1);
    await store.close();
  });

  test("what a killed process had claimed is claimed again when its lease has ended, and not before", async () => {
    const schema = `delays_${schemas++}`;
    const store = await openPostgresDelayStore({ url: server.url, schema });
    await store.add([delayed("a", Date.now()), delayed("b", Date.now())]);
    const claimer = startClaimer(schema, 3_000, false);
    await claimer.firstLine;
    const claimedAt = Date.now();
    expect((await claimer.kill()).sort()).toEqual(["a", "b"]);
    let claims = await store.claimDue(Date.now(), 10, 60_000);
    while (claims.length === 0) {
      await sleep(20);
      claims = await store.claimDue(Date.now(), 10, 60_000);
    }
    expect(claims.map(({ record }) => record.id).sort()).toEqual(["a", "b"]);
    expect(Date.now() - claimedAt).toBeGreaterThan(2_500);
    await store.close();
  });

  test("nothing added is lost while PostgreSQL is killed and restarted under load", async () => {
    const schema = `delays_${schemas++}`;
    const options = { url: server.url, schema, callTimeoutMs: 5_000 };
    const producer = await openPostgresDelayStore(options);
    const added = new Set<string>();
    const fired: string[] = [];
    const errors: unknown[] = [];
    let early = 0;
    const runners = await Promise.all(
      [0, 1].map(async () => {
        const store = await openPostgresDelayStore(options);
        const runner = createDelayRunner({
          store,
          async publish(_, records) {
            await sleep(2);
            for (const { id, enqueuedAt } of records) {
              if (Date.now() < enqueuedAt + 100) early++;
              fired.push(id);
            }
          },
          observe: () => {},
          clock: systemClock,
          reportProblem: (problem) => errors.push(problem),
        });
        runner.run();
        return { store, runner };
      }),
    );

    let count = 0;
    let adding = true;
    async function add(): Promise<void> {
      while (adding) {
        const now = Date.now();
        const batch = Array.from({ length: 20 }, () => delayed(`n${count++}`, now + 100, { enqueuedAt: now }));
        try {
          await producer.add(batch);
          for (const { record } of batch) added.add(record.id);
          await sleep(1);
        } catch (error) {
          errors.push(error);
          await sleep(20);
        }
      }
    }
    const adders = [add(), add(), add()];
    const addedBefore: number[] = [];
    for (let kill = 0; kill < 3; kill++) {
      await sleep(1_500);
      addedBefore.push(added.size);
      await server.kill();
      await sleep(300);
      await server.restart();
    }
    await sleep(1_500);
    addedBefore.push(added.size);
    adding = false;
    await Promise.all(adders);

    const missing = () => {
      const seen = new Set(fired);
      return [...added].filter((id) => !seen.has(id));
    };
    // A claim that the crash cut off fires when its lease of 10 s has ended.
    for (const endsAt = Date.now() + 30_000; missing().length > 0 && Date.now() < endsAt; ) await sleep(100);
    for (const { runner, store } of runners) {
      await runner.close();
      await store.close();
    }
    await producer.close();

    expect(missing()).toEqual([]);
    expect(early).toBe(0);
    expect(
      addedBefore.every((size, i) => i === 0 || size > addedBefore[i - 1]!),
      "adding works again after each kill",
    ).toBe(true);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.filter((error) => !(error instanceof FivefoldError))).toEqual([]);
    console.log(
      JSON.stringify({
        kills: 3,
        added: added.size,
        fired: new Set(fired).size,
        firedAgain: fired.length - new Set(fired).size,
        callsRejected: errors.length,
      }),
    );
  });

  function startClaimer(schema: string, leaseMs: number, removes: boolean) {
    const file = join(import.meta.dirname, "postgres/claimer.ts");
    const child = spawn(process.execPath, [file, server.url, schema, `${leaseMs}`, removes ? "yes" : "no"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    return {
      firstLine: once(child.stdout, "data"),
      /** Ends it, and answers the ids that it fired. */
      async kill(): Promise<string[]> {
        child.kill("SIGKILL");
        await once(child, "close");
        return text.split("\n").slice(0, -1);
      },
    };
  }
});
