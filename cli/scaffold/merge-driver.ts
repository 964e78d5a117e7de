import { existsSync } from "node:fs";
import { join } from "node:path";
import { findRepository } from "../../compiler/build/git.ts";

/** What `.gitattributes` calls it. */
export const MERGE_DRIVER = "fivefold";

/**
 * Tells git how to merge locks in this clone: attributes are committed, and commands are not, since git runs none that a
 * clone brings. Where it is not told, a lock merges like any text. Returns whether it was not told before.
 */
export function setMergeDriver(root: string): boolean {
  const repository = findRepository(root);
  if (!repository || "reason" in repository) return false;
  if (repository.run("config", "--get", `merge.${MERGE_DRIVER}.driver`)?.length) return false;
  const { top, prefix } = repository;
  // Git runs it at the checkout's root, where a package manager may have put the command, or not.
  const isBelow = prefix !== "" && !existsSync(join(top, "node_modules", ".bin", "fivefold"));
  const where = isBelow ? ` --prefix ${JSON.stringify(prefix)}` : "";
  repository.run("config", `merge.${MERGE_DRIVER}.name`, "contracts.lock.json");
  const command = `npx --no${where} fivefold merge-lock %O %A %B`;
  return repository.run("config", `merge.${MERGE_DRIVER}.driver`, command) !== undefined;
}
