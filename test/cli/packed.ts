import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { packInto } from "../copy-for-packing.ts";

/** The package as npm would pack it, in a folder of its own that is removed when the file's tests are done: takes seconds. */
export async function packPackage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-packed-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  await packInto(folder);
  return folder;
}
