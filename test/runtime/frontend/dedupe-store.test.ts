import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
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
describeDedupeStore("lmdb", async () => openLmdbDedupeStore(tempFolder()));
