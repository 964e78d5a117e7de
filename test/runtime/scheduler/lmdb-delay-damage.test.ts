import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { delayedKey } from "../../../runtime/adapters/embedded/delayed-format.ts";
import { openPairedStores } from "../../../runtime/adapters/embedded/lmdb/paired-stores.ts";
import { openLmdbDelayStore } from "../../../runtime/adapters/embedded/lmdb-delay-store.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import type { Delayed } from "../../../runtime/scheduler/delay-store.ts";
import { delayed } from "./delay-store-suite.ts";

const folders: string[] = [];

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-damage-"));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const entries = Array.from({ length: 20 }, (_, i) =>
  delayed(`n${i}`, 1_000 + i, { payload: Buffer.from(`<payload ${i}>`) }),
);

/** Changes one bit of a stored file, at that many bytes behind a text that it holds once, or everywhere. */
function flip(folder: string, found: Buffer | string, behind: number): void {
  const file = join(folder, "kept", "data.mdb");
  const bytes = readFileSync(file);
  let times = 0;
  // A page that was copied leaves its former self in the file.
  for (let at = bytes.indexOf(found); at >= 0; at = bytes.indexOf(found, at + 1)) {
    bytes[at + behind]! ^= 0x04;
    times++;
  }
  expect(times).toBeGreaterThan(0);
  writeFileSync(file, bytes);
}

async function stored(): Promise<string> {
  const folder = tempFolder();
  const store = await openLmdbDelayStore(folder, systemClock);
  await store.add(entries);
  await store.close();
  return folder;
}

describe("damage to the delay store of a folder", () => {
  test.each<[string, Buffer | string, number, number]>([
    ["a value's envelope", '"id":"n7"', 6, 7],
    ["a value's payload", "<payload 7>", 3, 7],
    ["a value's checksum", '{"topic":"note.low","dueAt":1007', -5, 7],
    ["a value's length", '{"topic":"note.low","dueAt":1007', -3, 7],
    ["a key's due time", delayedKey(entries[7]!), 2, 7],
    ["a key's end", delayedKey(entries[7]!), 39, 7],
    ["the first key", delayedKey(entries[0]!), 1, 0],
  ])("%s: it is set aside and named, and all others fire", async (_, found, behind, hit) => {
    const folder = await stored();
    flip(folder, found, behind);
    const problems: string[] = [];
    const store = await openLmdbDelayStore(folder, systemClock, ({ message }) => problems.push(message));
    const fired: string[] = [];
    for (let round = 0; round < 3; round++) {
      const claims = await store.claimDue(Date.now() + round * 20_000, 100, 10_000);
      for (const { record } of claims) {
        expect(Buffer.from(record.payload).toString()).toBe(`<payload ${record.id.slice(1)}>`);
        fired.push(record.id);
      }
      await store.remove(claims);
    }
    expect(fired).toEqual(entries.map(({ record }) => record.id).filter((id) => id !== `n${hit}`));
    expect(problems).toEqual([
      expect.stringMatching(/^1 of the delayed events in .* can't be read any more: .*all others go on/),
    ]);
    expect(await store.nextDueAt()).toBe(Number.POSITIVE_INFINITY);
    await store.add([delayed("later", 5)]);
    expect((await store.claimDue(Date.now() + 60_000, 10, 1)).map(({ record }) => record.id)).toContain("later");
    await store.close();
  });

  test("what releases before kept without a checksum still fires; of it, what can't be read is set aside", async () => {
    const folder = tempFolder();
    const before = await openPairedStores({
      folder,
      clock: systemClock,
      durable: (root) => ({ waiting: root.openDB<Delayed, (number | string)[]>("waiting", { encoding: "msgpack" }) }),
      volatile: (root) => ({ leaders: root.openDB("leaders", { encoding: "json" }) }),
    });
    const { waiting } = before.durable.tables;
    await before.durable.commit(() =>
      waiting.batch(() => {
        for (const entry of entries) waiting.put([entry.dueAt, entry.record.id, entry.record.subscription], entry);
      }),
    );
    await before.close();
    flip(folder, "<payload 3>", -2);
    flip(folder, "<payload 4>", -3);

    const problems: string[] = [];
    const store = await openLmdbDelayStore(folder, systemClock, ({ message }) => problems.push(message));
    expect(await store.nextDueAt()).toBe(1_000);
    expect(await store.claimDue(999, 100, 10_000)).toEqual([]);
    const claims = await store.claimDue(2_000, 100, 10_000);
    expect(claims.length).toBeGreaterThanOrEqual(entries.length - 2);
    expect(claims[0]).toMatchObject({ topic: "note.low", dueAt: 1_000, record: { id: "n0", key: "schlüssel" } });
    // Added while it is claimed: it outlives the claim, as what this release keeps does.
    await store.add([entries[0]!]);
    await store.remove(claims);
    expect(await store.size()).toBe(1);
    expect((await store.claimDue(2_000, 100, 10_000)).map(({ record }) => record.id)).toEqual(["n0"]);
    await store.close();
  });
});

test("times between milliseconds are not fired early", async () => {
  const store = await openLmdbDelayStore(tempFolder(), systemClock);
  await store.add([delayed("a", 1_000.5)]);
  expect(await store.claimDue(1_000, 10, 1)).toEqual([]);
  expect(await store.claimDue(1_000.5, 10, 1)).toHaveLength(1);
  await store.close();
});

test("ids of any length and text wait", async () => {
  const store = await openLmdbDelayStore(tempFolder(), systemClock);
  const ids = ["", "a\0b", "\ud800", "\ud801", "x".repeat(10_000), `${"x".repeat(10_000)}!`];
  await store.add(ids.map((id) => delayed(id, 1)));
  expect((await store.claimDue(1, 10, 1)).map(({ record }) => record.id).sort()).toEqual([...ids].sort());
  await store.close();
});
