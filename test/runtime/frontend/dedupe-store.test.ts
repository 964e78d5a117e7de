import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { openPairedStores } from "../../../runtime/adapters/embedded/lmdb/paired-stores.ts";
import { openLmdbDedupeStore } from "../../../runtime/adapters/embedded/lmdb-dedupe-store.ts";
import { createMemoryDedupeStore } from "../../../runtime/adapters/memory/memory-dedupe-store.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import { describeDedupeStore, request } from "./dedupe-store-suite.ts";

/** An accepted id as releases before know it. */
interface Former {
  readonly id: string;
  readonly untilMs: number;
  readonly content?: string;
}

const folders: string[] = [];

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-dedupe-"));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describeDedupeStore("memory", async () => createMemoryDedupeStore());
describeDedupeStore("lmdb", () => openLmdbDedupeStore(tempFolder(), systemClock));

test("lmdb: what one process accepted is a duplicate for all, also after the store was closed and opened", async () => {
  const folder = tempFolder();
  const [first, second] = [
    await openLmdbDedupeStore(folder, systemClock),
    await openLmdbDedupeStore(folder, systemClock),
  ];
  const request = { useCase: "note", dedupeId: "x", id: "1" };
  expect(await first.reserve([request], 0, 5_000)).toEqual([{ kind: "reserved" }]);
  expect(await second.reserve([request], 0, 5_000)).toEqual([{ kind: "pending" }]);
  await first.confirm([request], 60_000);
  expect(await second.reserve([request], 0, 5_000)).toEqual([{ kind: "duplicate", id: "1" }]);
  await Promise.all([first.close(), second.close()]);
  const third = await openLmdbDedupeStore(folder, systemClock);
  expect(await third.reserve([request], 0, 5_000)).toEqual([{ kind: "duplicate", id: "1" }]);
  await third.close();
});

test("lmdb: an id whose value is damaged is named and can be accepted again, and all others stay accepted", async () => {
  const folder = tempFolder();
  const store = await openLmdbDedupeStore(folder, systemClock);
  const requests = Array.from({ length: 20 }, (_, i) => request(`d${i}`, `task-${i}`));
  await store.confirm(requests, 4e12);
  await store.close();
  const file = join(folder, "kept", "data.mdb");
  const bytes = readFileSync(file);
  for (const [found, behind] of [
    ['{"id":"task-3"', 8],
    ['{"id":"task-4"', 0],
    ['{"id":"task-5","untilMs":4', 25],
  ] as const) {
    for (let at = bytes.indexOf(found); at >= 0; at = bytes.indexOf(found, at + 1)) bytes[at + behind]! ^= 0x01;
  }
  writeFileSync(file, bytes);

  const problems: string[] = [];
  const again = await openLmdbDedupeStore(folder, systemClock, ({ message }) => problems.push(message));
  const late = requests.map(({ dedupeId }) => request(dedupeId, "late"));
  const answers = await again.reserve(late, 0, 5_000);
  expect(answers.flatMap(({ kind }, i) => (kind === "duplicate" ? [] : [i]))).toEqual([3, 4, 5]);
  expect(problems).toEqual([
    expect.stringMatching(/data.mdb was damaged: 3 records are .* Lost: .*'d3' of 'note'; the id 'd4'.*'d5'/),
  ]);
  await again.confirm(late.slice(3, 6), 5e12);
  expect(await again.reserve([request("d4", "x")], 0, 5_000)).toEqual([{ kind: "duplicate", id: "late" }]);
  await again.close();
});

test("lmdb: what releases before remembered is remembered, long ids too", async () => {
  const folder = tempFolder();
  const long = "ü".repeat(300);
  const hash = `sha256:${createHash("sha256").update(long).digest("base64url")}`;
  const before = await openPairedStores({
    folder,
    clock: systemClock,
    durable: (root) => ({
      accepted: root.openDB<unknown, string[]>("accepted", { encoding: "json", useVersions: true }),
      expiries: root.openDB<true, (string | number)[]>("expiries", { encoding: "json" }),
    }),
    volatile: (root) => ({ reservations: root.openDB<unknown, string[]>("reservations", { encoding: "json" }) }),
  });
  const { accepted, expiries } = before.durable.tables;
  await before.durable.commit(() =>
    accepted.batch(() => {
      for (const id of ["short", hash]) {
        accepted.put(["note", id], { id: `task of ${id}`, untilMs: 9_000 }, 9_000);
        expiries.put([9_000, "note", id], true);
      }
    }),
  );
  before.volatile.transact(() => {
    before.volatile.tables.reservations.putSync(["note", "held"], { id: "1", untilMs: 5_000 });
  });
  await before.close();

  const store = await openLmdbDedupeStore(folder, systemClock);
  expect(await store.reserve([request("short", "2"), request(long, "3"), request("held", "4")], 0, 5_000)).toEqual([
    { kind: "duplicate", id: "task of short" },
    { kind: "duplicate", id: `task of ${hash}` },
    { kind: "pending" },
  ]);
  expect(await store.reserve([request("held", "4")], 5_000, 5_000)).toEqual([{ kind: "reserved" }]);
  await store.confirm([request("held", "4")], 9_500);
  expect(await store.sweep(9_000)).toBe(2);
  expect(await store.reserve([request("short", "5"), request("held", "6")], 9_000, 1)).toEqual([
    { kind: "reserved" },
    { kind: "duplicate", id: "4" },
  ]);
  await store.close();
});

test("lmdb: what an event was is hidden from releases before, which find whole what they know, and can forget it", async () => {
  const folder = tempFolder();
  const store = await openLmdbDedupeStore(folder, systemClock);
  const asked = (dedupeId: string, id: string) => ({ ...request(dedupeId, id), content: `1.${id}` });
  await store.confirm([asked("x", "1"), asked("y", "2"), asked("z", "3")], 4e12);
  await store.close();

  const raw = await openPairedStores({
    folder,
    clock: systemClock,
    durable: (root) => ({
      accepted: root.openDB<Former, string[]>("accepted", { encoding: "json", useVersions: true }),
    }),
    volatile: (root) => ({ reservations: root.openDB<unknown, string[]>("reservations", { encoding: "json" }) }),
  });
  const { accepted } = raw.durable.tables;
  const x = accepted.get(["note", "x"])!;
  const former = ({ id, untilMs }: Former) => ({
    id,
    untilMs,
    sum: crc32(JSON.stringify([["note", "x"], id, untilMs, null, null])),
  });
  expect(x).toMatchObject(former(x));
  await raw.durable.commit(() =>
    accepted.batch(() => {
      accepted.put(["note", "x"], former(x), 4e12);
      accepted.put(["note", "y"], { ...accepted.get(["note", "y"])!, content: "1.other" }, 4e12);
    }),
  );
  await raw.close();

  const problems: string[] = [];
  const again = await openLmdbDedupeStore(folder, systemClock, ({ message }) => problems.push(message));
  expect(await again.reserve([request("x", "4"), request("y", "5"), request("z", "6")], 0, 5_000)).toEqual([
    { kind: "duplicate", id: "1" },
    // A damaged content would call the event another one.
    { kind: "reserved" },
    { kind: "duplicate", id: "3", content: "1.3" },
  ]);
  expect(problems).toEqual([expect.stringContaining("the id 'y' of 'note'")]);
  await again.close();
});
