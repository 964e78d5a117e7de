import { expect, test } from "vitest";
import type { FivefoldError } from "../../../runtime/contract/errors.ts";
import { createAddressGuard, readNetworks } from "../../../runtime/delivery/remote/address-guard.ts";
import type { Ejection, Host } from "../../../runtime/delivery/remote/host.ts";
import { createHostPool, type HostPoolOptions } from "../../../runtime/delivery/remote/host-pool.ts";
import { readTargetUrls } from "../../../runtime/delivery/remote/target-url.ts";
import { createSimulatedClock } from "../../../runtime/testing/testing.ts";

interface Behaviour {
  readonly latencyMs?: number;
  /** What its answers tell. */
  readonly why?: Ejection;
}

/** Hosts in virtual time, which answer as they are told to. */
async function openPool(urls: string, options: Partial<HostPoolOptions> = {}) {
  const clock = createSimulatedClock(7);
  const problems: FivefoldError[] = [];
  const reachable = new Set<string>();
  const forgotten: string[] = [];
  const pool = createHostPool({
    name: "service 'x'",
    urls: readTargetUrls("FIVEFOLD_SERVICE_X", urls),
    zone: "",
    guard: createAddressGuard(readNetworks("10.0.0.0/8")),
    resolve: async (hostname) => ({ addresses: [hostname], ttlMs: Number.POSITIVE_INFINITY }),
    client: {
      send() {},
      connects: async ({ address }) => reachable.has(address),
      probe: async () => undefined,
      forget: ({ address }) => void forgotten.push(address),
      async close() {},
    },
    clock,
    reportProblem: (problem) => problems.push(problem),
    ...options,
  });
  await clock.advance(1);

  /** Sends requests, so many a second, for that long; answers how many each host got. */
  async function drive(behaviours: Record<string, Behaviour>, seconds: number, perSecond = 100) {
    const counts: Record<string, number> = {};
    for (let i = 0; i < seconds * perSecond; i++) {
      const host = pool.pick(clock.monotonic());
      if (host) {
        counts[host.address] = (counts[host.address] ?? 0) + 1;
        const startedAt = clock.monotonic();
        const request = { startedAt };
        host.pending.add(request);
        const { latencyMs = 5, why } = behaviours[host.address] ?? {};
        if (latencyMs < Number.POSITIVE_INFINITY) {
          clock.after(latencyMs, () => {
            host.pending.delete(request);
            pool.ended(host, why, startedAt, clock.monotonic());
          });
        }
      }
      await clock.advance(1_000 / perSecond);
    }
    return counts;
  }
  return { pool, clock, problems, reachable, forgotten, drive };
}

const THREE = "http://10.0.0.1,http://10.0.0.2,http://10.0.0.3";

test("hosts that are alike get alike", async () => {
  const { drive } = await openPool(THREE);
  const counts = await drive({}, 30);
  for (const address of ["10.0.0.1", "10.0.0.2", "10.0.0.3"]) {
    expect(counts[address]).toBeGreaterThan(800);
    expect(counts[address]).toBeLessThan(1_200);
  }
});

test("a host that is a little slower than all others gets its share", async () => {
  const { drive } = await openPool(THREE);
  const counts = await drive({ "10.0.0.2": { latencyMs: 8 } }, 30);
  expect(counts["10.0.0.2"]).toBeGreaterThan(700);
});

test.each([100, 1_000])("a host that once took %i ms gets its share again", async (latencyMs) => {
  const { drive } = await openPool(THREE);
  await drive({ "10.0.0.2": { latencyMs } }, 1);
  await drive({}, 30);
  const counts = await drive({}, 10);
  expect(counts["10.0.0.2"]).toBeGreaterThan(200);
});

test.each<[what: string, behaviour: Behaviour, most: number]>([
  ["fails fast", { latencyMs: 0, why: "answers" }, 5],
  ["is ten times as slow", { latencyMs: 50 }, 300],
  ["never answers", { latencyMs: Number.POSITIVE_INFINITY }, 5],
])("traffic leaves a host that %s", async (_, behaviour, most) => {
  const { drive } = await openPool(THREE);
  await drive({}, 5);
  const counts = await drive({ "10.0.0.2": behaviour }, 10);
  expect(counts["10.0.0.2"] ?? 0).toBeLessThanOrEqual(most);
  expect((counts["10.0.0.1"] ?? 0) + (counts["10.0.0.3"] ?? 0)).toBeGreaterThan(690);
});

test("a host that failed comes back after its ejection, slowly, and is out for longer the next time", async () => {
  const { drive, pool, problems } = await openPool(THREE);
  const failing = { "10.0.0.2": { latencyMs: 1, why: "answers" as const } };
  await drive(failing, 2);
  expect(pool.share()).toBeCloseTo(2 / 3);
  expect(problems.map(({ message }) => message)).toEqual([
    "Of service 'x', http://10.0.0.2 at 10.0.0.2 fails, and gets nothing until it is well. [not-connected]",
  ]);
  // 30 s.
  expect((await drive({}, 26))["10.0.0.2"] ?? 0).toBe(0);
  const first = await drive({}, 5);
  const whole = await drive({}, 10).then(() => drive({}, 10));
  expect(first["10.0.0.2"]).toBeGreaterThan(0);
  expect(first["10.0.0.2"]).toBeLessThan(100);
  expect(whole["10.0.0.2"]).toBeGreaterThan(250);
  expect(pool.share()).toBe(1);
  // It failed again at once: one ejection was forgotten meanwhile at most, so this one is no shorter.
  await drive(failing, 3);
  expect((await drive({}, 26))["10.0.0.2"] ?? 0).toBe(0);
});

test("where all are out, none gets anything, and the limit is 0", async () => {
  const { drive, pool } = await openPool(THREE);
  const failing = { latencyMs: 1, why: "answers" as const };
  let told = 0;
  pool.watch(() => told++);
  await drive({ "10.0.0.1": failing, "10.0.0.2": failing, "10.0.0.3": failing }, 2);
  expect(pool.share()).toBe(0);
  expect(pool.pick(0)).toBeUndefined();
  expect(told).toBeGreaterThanOrEqual(3);
  expect(await drive({}, 20)).toEqual({});
  await drive({}, 12);
  // A tenth at first, and more with every second.
  expect(pool.share()).toBeGreaterThan(0.09);
  expect(pool.share()).toBeLessThan(0.6);
});

test("a host that can't be reached comes back as soon as it can", async () => {
  const { drive, pool, reachable } = await openPool(THREE);
  await drive({ "10.0.0.2": { latencyMs: 0, why: "unreachable" } }, 1);
  expect(pool.share()).toBeCloseTo(2 / 3);
  await drive({}, 3);
  expect(pool.share()).toBeCloseTo(2 / 3);
  reachable.add("10.0.0.2");
  const counts = await drive({}, 15);
  expect(counts["10.0.0.2"]).toBeGreaterThan(200);
});

test("one of five whose success rate lies far below the others' is taken out", async () => {
  const five = Array.from({ length: 6 }, (_, index) => `http://10.0.0.${index + 1}`).join(",");
  const { clock, pool, problems } = await openPool(five);
  let sent = 0;
  for (let i = 0; i < 3_000; i++) {
    const host = pool.pick(clock.monotonic()) as Host;
    // Never five failures in a row.
    const fails = host.address === "10.0.0.4" && sent++ % 3 === 0;
    const startedAt = clock.monotonic();
    await clock.advance(5);
    pool.ended(host, fails ? "answers" : undefined, startedAt, clock.monotonic());
  }
  expect(pool.share()).toBeCloseTo(5 / 6);
  expect(problems.length).toBeGreaterThan(0);
});

test("a name that resolves to another address has its connections closed, and a forbidden one gets nothing", async () => {
  const answers = [["10.0.0.1"], ["169.254.169.254"], ["10.0.0.9", "127.0.0.1"]];
  const { pool, clock, problems, forgotten, drive } = await openPool("http://images.example", {
    resolve: async () => ({ addresses: answers.shift() ?? ["10.0.0.9"], ttlMs: 1_000 }),
  });
  expect(await drive({}, 0.5)).toEqual({ "10.0.0.1": 50 });
  await clock.advance(600);
  expect(pool.share()).toBe(0);
  expect(pool.pick(0)).toBeUndefined();
  expect(forgotten).toEqual(["10.0.0.1"]);
  expect(problems[0]?.message).toMatch("at 169.254.169.254: 169.254.169.254 is link-local, where clouds keep");
  await clock.advance(1_000);
  expect(Object.keys(await drive({}, 1))).toEqual(["10.0.0.9"]);
  expect(problems.at(-1)?.message).toMatch("127.0.0.1 is loopback");
});

test.each([
  "http://169.254.169.254",
  "http://2852039166",
  "http://0xa9.0xfe.0xa9.0xfe",
  "http://[::ffff:169.254.169.254]",
])("an address that is written as such is checked: %s", async (url) => {
  const { pool, problems } = await openPool(url);
  expect(pool.pick(0)).toBeUndefined();
  expect(problems[0]?.message).toMatch("never open");
});

test("a name that can't be resolved for a while keeps the hosts that it had", async () => {
  let answers = 0;
  const { pool, clock, problems } = await openPool("http://images.example", {
    async resolve() {
      if (answers++ > 0) throw new Error("SERVFAIL");
      return { addresses: ["10.0.0.1"], ttlMs: 1_000 };
    },
  });
  await clock.advance(5_000);
  expect(pool.share()).toBe(1);
  expect(problems.length).toBeGreaterThanOrEqual(3);
  expect(problems[0]?.message).toMatch("images.example can't be resolved now: SERVFAIL");
});

test("hosts of the worker's own zone are preferred while enough of them are fit", async () => {
  const urls = ["http://10.0.0.1#a", "http://10.0.0.2#a", "http://10.0.0.3#b"].join(",");
  const { drive } = await openPool(urls, { zone: "a" });
  expect(Object.keys(await drive({}, 5)).sort()).toEqual(["10.0.0.1", "10.0.0.2"]);
  const failing = { latencyMs: 1, why: "answers" as const };
  await drive({ "10.0.0.2": failing }, 5);
  expect(Object.keys(await drive({}, 5)).sort()).toEqual(["10.0.0.1", "10.0.0.3"]);
});

test("a host whose health probes fail is out until they don't", async () => {
  let isWell = true;
  const { drive, pool } = await openPool(THREE, {
    healthPath: "/healthz",
    client: {
      send() {},
      connects: async () => true,
      probe: async ({ address }, path) => (path === "/healthz" && (isWell || address !== "10.0.0.2") ? 200 : 500),
      forget() {},
      async close() {},
    },
  });
  await drive({}, 6);
  expect(pool.share()).toBe(1);
  isWell = false;
  await drive({}, 11);
  expect((await drive({}, 30))["10.0.0.2"] ?? 0).toBe(0);
  isWell = true;
  await drive({}, 6);
  expect((await drive({}, 10))["10.0.0.2"]).toBeGreaterThan(100);
});
