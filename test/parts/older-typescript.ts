import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installPart } from "./part-cache.ts";
import { runTool } from "./run-tool.ts";

/** The last of each that is written in TypeScript. */
const VERSIONS = { 5: "5.9.3", 6: "6.0.3" };

/** The folder of the package. Not a dependency: its `tsc` would take the place of the native one among this package's programs. */
export async function installTypescript(major: keyof typeof VERSIONS): Promise<string> {
  const version = VERSIONS[major];
  const folder = await installPart({
    name: "typescript",
    version,
    takes: "5 seconds",
    async build(folder, log) {
      await writeFile(join(folder, "package.json"), "{}");
      await runTool("npm", ["install", "--no-save", `typescript@${version}`], { cwd: folder, log });
    },
  });
  return join(folder, "node_modules/typescript");
}
