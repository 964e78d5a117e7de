import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openLmdbDelayStore } from "../../../runtime/adapters/embedded/lmdb-delay-store.ts";
import { createMemoryDelayStore } from "../../../runtime/adapters/memory/memory-delay-store.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import { delayed, describeDelayStore } from "./delay-store-suite.ts";

const folders: string[] = [];

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-delays-"));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describeDelayStore("memory", async () => createMemoryDelayStore());
describeDelayStore("lmdb", () => openLmdbDelayStore(tempFolder(), systemClock));

test("lmdb: what was added is there after the store was closed and opened", async () => {
  const folder = tempFolder();
  const store = await openLmdbDelayStore(folder, systemClock);
  await store.add([delayed("a", 1_000)]);
  await store.close();
  const again = await openLmdbDelayStore(folder, systemClock);
  expect((await again.claimDue(1_000, 10, 1_000))[0]!.record.id).toBe("a");
  await again.close();
});

test("lmdb: one process at a time hands out claims, what others added too; the next one all that was not fired", async () => {
  const folder = tempFolder();
  const [first, second] = [
    await openLmdbDelayStore(folder, systemClock),
    await openLmdbDelayStore(folder, systemClock),
  ];
  const now = Date.now();
  await second.add([delayed("a", now - 2), delayed("b", now - 1)]);
  const [a] = await first.claimDue(now, 1, 10_000);
  expect(a?.record.id).toBe("a");
  expect(await second.claimDue(now, 10, 10_000)).toEqual([]);
  // It has nothing to do until the first one could be gone, and does not look again at once.
  expect(await second.nextDueAt()).toBeGreaterThan(now);
  await first.remove([a!]);
  await first.claimDue(now, 1, 10_000);
  await first.close();
  expect((await second.claimDue(now, 10, 10_000)).map(({ record }) => record.id)).toEqual(["b"]);
  await second.close();
});
