import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..", "..");
/** What is taken as it is now: the processes of the cluster, which the former runtime runs in. */
const PRESENT = ["test/torture/cluster", "test/runtime/note-contract.ts"];

/** A folder with the runtime as a commit has it, and the program of the cluster's processes on it. */
export function checkOutFormer(commit: string): { readonly program: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-former-"));
  const archive = execFileSync("git", ["-C", ROOT, "archive", commit, "runtime", "package.json"], {
    maxBuffer: 1 << 28,
  });
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  for (const path of PRESENT) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return {
    program: join(folder, "test/torture/cluster/process.ts"),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
