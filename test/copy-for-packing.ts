import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname, "..");
const FOLDERS = ["cli", "compiler", "config", "console", "runtime", "loader", "stacks", "scripts"];
const FILES = ["package.json", "tsconfig.json", "tsconfig.build.json", "LICENSE", "README.md"];

/** Copies what the package is made of, since packing rewrites package.json while it runs, and others may be reading it. */
export function copyForPacking(folder: string): void {
  for (const path of [...FOLDERS, ...FILES]) {
    if (existsSync(join(REPOSITORY, path))) cpSync(join(REPOSITORY, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
}

/** Makes of an empty folder the package as npm would install it: takes seconds. */
export async function packInto(folder: string): Promise<void> {
  copyForPacking(folder);
  const packing = spawn(process.execPath, ["scripts/pack.ts", "prepack"], { cwd: folder, stdio: "inherit" });
  const [code] = await once(packing, "close");
  if (code !== 0) throw new Error(`Packing ended with ${code}.`);
}
