import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openLmdbDelayStore } from "../../../runtime/scheduler/lmdb-delay-store.ts";
import { createMemoryDelayStore } from "../../../runtime/scheduler/memory-delay-store.ts";
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
describeDelayStore("lmdb", async () => openLmdbDelayStore(tempFolder()));

test("lmdb: what was added is there after the store was closed and opened", async () => {
  const folder = tempFolder();
  const store = openLmdbDelayStore(folder);
  await store.add([delayed("a", 1_000)]);
  await store.close();
  const again = openLmdbDelayStore(folder);
  expect((await again.claimDue(1_000, 10, 1_000))[0]!.record.id).toBe("a");
  await again.close();
});
