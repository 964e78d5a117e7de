import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openLmdbControlStore } from "../../../runtime/adapters/embedded/lmdb-control-store.ts";
import { createMemoryControlStore } from "../../../runtime/adapters/memory/memory-control-store.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import { describeControlStore } from "./control-store-suite.ts";

const folder = mkdtempSync(join(tmpdir(), "fivefold-control-"));
afterAll(() => rmSync(folder, { recursive: true }));

const memory = createMemoryControlStore();
describeControlStore("memory", async () => memory);
describeControlStore("lmdb", () => openLmdbControlStore(join(folder, "shared"), systemClock));

test("lmdb: what was set outlives all processes", async () => {
  const own = join(folder, "kept");
  const store = await openLmdbControlStore(own, systemClock);
  await store.put("flow/a/b", "1", 0);
  await store.close();
  const again = await openLmdbControlStore(own, systemClock);
  expect(await again.list("flow/")).toEqual([{ key: "flow/a/b", value: "1", revision: expect.any(Number) }]);
  await again.close();
});

test("lmdb: a damaged value is named and forgotten, the others stay, and it can be set again", async () => {
  const own = join(folder, "damaged");
  const store = await openLmdbControlStore(own, systemClock);
  for (const name of ["first", "second", "third"]) await store.put(`flow/${name}/`, `"value of ${name}"`, 0);
  await store.close();
  const file = join(own, "kept", "data.mdb");
  const bytes = readFileSync(file);
  for (let at = bytes.indexOf("value of second"); at >= 0; at = bytes.indexOf("value of second", at + 1))
    bytes[at]! ^= 1;
  writeFileSync(file, bytes);
  const problems: string[] = [];
  const again = await openLmdbControlStore(own, systemClock, ({ message }) => problems.push(message));
  expect((await again.list("flow/")).map(({ key }) => key)).toEqual(["flow/first/", "flow/third/"]);
  expect(problems.join("\n")).toContain("flow/second/");
  expect(await again.put("flow/second/", "1", 0)).toBe(true);
  await again.close();
});
