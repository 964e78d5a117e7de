import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll } from "vitest";
import { copyForPacking } from "../../copy-for-packing.ts";

/** The same Node for npm as for the tests. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };

/** A folder that is removed when the file's tests are done. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `fivefold-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function runNpm(cwd: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** Packs the package, and installs the tarball, and others from the registry, in an empty folder. */
export function installTarball(packages: readonly string[]): string {
  const copy = temporaryFolder("packing");
  copyForPacking(copy);
  runNpm(copy, "pack", "--json");
  const [tarball = ""] = readdirSync(copy).filter((name) => name.endsWith(".tgz"));
  const folder = temporaryFolder("installed");
  runNpm(folder, "init", "-y");
  runNpm(folder, "install", "--no-audit", "--no-fund", "--prefer-offline", join(copy, tarball), ...packages);
  return folder;
}
