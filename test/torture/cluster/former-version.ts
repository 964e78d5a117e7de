import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..", "..");
/** With the cluster's processes as they were: they name the runtime's files by where these were then. */
const TAKEN = ["runtime", "package.json", "test/torture/cluster", "test/runtime/note-contract.ts"];

/** A folder with a commit's runtime and the program of the cluster's processes on it. Throws where the commit has none. */
export function checkOutFormer(commit: string): { readonly program: string; remove(): void } {
  const archive = execFileSync("git", ["-C", ROOT, "archive", commit, ...TAKEN], { maxBuffer: 1 << 28 });
  const folder = mkdtempSync(join(tmpdir(), "fivefold-former-"));
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return {
    program: join(folder, "test/torture/cluster/process.ts"),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
