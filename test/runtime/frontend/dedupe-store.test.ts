import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { systemClock } from "../../../runtime/clock.ts";
import { openLmdbDedupeStore } from "../../../runtime/frontend/lmdb-dedupe-store.ts";
import { createMemoryDedupeStore } from "../../../runtime/frontend/memory-dedupe-store.ts";
import { describeDedupeStore } from "./dedupe-store-suite.ts";

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
