import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The version of the package that this command line belongs to. */
export function packageVersion(): string {
  const manifest = readFileSync(fileURLToPath(import.meta.resolve("fivefold/package.json")), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
