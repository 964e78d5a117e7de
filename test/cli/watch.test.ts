import { writeFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { watchFolder } from "../../compiler/build/watch.ts";
import { createProject } from "./project.ts";

async function watchedFolder() {
  const { root } = await createProject({ "usecases/a.ts": "1", "usecases/deep/b.ts": "1" });
  const folder = join(root, "usecases");
  const changes = watchFolder(folder);
  onTestFinished(() => changes.close());
  const next = async () => (await changes.next()) !== undefined;
  return { folder, changes: { ...changes, next } };
}

/** Whether a change is told within a time in which one would have been. */
async function toldSoon(next: Promise<boolean>): Promise<boolean> {
  return Promise.race([next, sleep(700).then(() => false)]);
}

test.each<[string, (folder: string) => Promise<unknown>]>([
  ["an edit", (folder) => writeFile(join(folder, "a.ts"), "2")],
  ["an edit in a folder", (folder) => writeFile(join(folder, "deep", "b.ts"), "2")],
  ["a new file", (folder) => writeFile(join(folder, "c.ts"), "1")],
  ["a removed file", (folder) => rm(join(folder, "a.ts"))],
  ["a renamed file", (folder) => rename(join(folder, "a.ts"), join(folder, "z.ts"))],
  ["a removed folder", (folder) => rm(join(folder, "deep"), { recursive: true })],
])("tells of %s", async (_, change) => {
  const { folder, changes } = await watchedFolder();
  const next = changes.next();
  await change(folder);
  expect(await next).toBe(true);
});

test("tells of a file in a folder that is new, and of its next edit", async () => {
  const { folder, changes } = await watchedFolder();
  await mkdir(join(folder, "new"));
  await writeFile(join(folder, "new", "c.ts"), "1");
  expect(await changes.next()).toBe(true);
  await sleep(300);
  await writeFile(join(folder, "new", "c.ts"), "2");
  expect(await changes.next()).toBe(true);
});

test("tells of every save by an editor that replaces the file", async () => {
  const { folder, changes } = await watchedFolder();
  for (const text of ["2", "3", "4"]) {
    await writeFile(join(folder, "a.ts~"), text);
    await rename(join(folder, "a.ts~"), join(folder, "a.ts"));
    expect(await changes.next()).toBe(true);
  }
});

test("tells of edits in a folder that was removed and made again, also the watched one itself", async () => {
  const { folder, changes } = await watchedFolder();
  for (const again of [join(folder, "deep"), folder]) {
    await rm(again, { recursive: true });
    await mkdir(again);
    await writeFile(join(again, "b.ts"), "2");
    expect(await changes.next()).toBe(true);
    await writeFile(join(again, "b.ts"), "3");
    expect(await changes.next()).toBe(true);
    await rm(again, { recursive: true });
    expect(await changes.next()).toBe(true);
    await mkdir(again);
    expect(await changes.next()).toBe(true);
  }
});

test("many writes in a moment are one change", async () => {
  const { folder, changes } = await watchedFolder();
  // At once: between two that wait for each other, a busy machine may rest longer than an editor.
  for (let i = 0; i < 20; i++) writeFileSync(join(folder, "a.ts"), `${i}`);
  expect(await changes.next()).toBe(true);
  expect(await toldSoon(changes.next())).toBe(false);
});

test("a change while nobody waits is told at the next call", async () => {
  const { folder, changes } = await watchedFolder();
  await writeFile(join(folder, "a.ts"), "2");
  await sleep(400);
  expect(await toldSoon(changes.next())).toBe(true);
});

test("an editor's own files are no change", async () => {
  const { folder, changes } = await watchedFolder();
  for (const name of [".a.ts.swp", "a.ts~", "#a.ts#", ".#a.ts"]) await writeFile(join(folder, name), "x");
  expect(await toldSoon(changes.next())).toBe(false);
});

test("closing ends the wait", async () => {
  const { changes } = await watchedFolder();
  const next = changes.next();
  changes.close();
  expect(await next).toBe(false);
});

test("a folder that is not there is a fault in words", () => {
  expect(() => watchFolder("/nonexistent/usecases")).toThrow("/nonexistent/usecases can't be watched");
});
