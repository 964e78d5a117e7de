import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { copyForPacking } from "../copy-for-packing.ts";

/** The package as npm would pack it, in a folder of its own that is removed when the file's tests are done: takes seconds. */
export async function packPackage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-packed-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  copyForPacking(folder);
  const packing = spawn(process.execPath, ["scripts/pack.ts", "prepack"], { cwd: folder, stdio: "inherit" });
  const [code] = await once(packing, "close");
  if (code !== 0) throw new Error(`Packing ended with ${code}.`);
  return folder;
}
