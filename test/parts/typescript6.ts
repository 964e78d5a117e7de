import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installPart, type Part } from "./part-cache.ts";
import { runTool } from "./run-tool.ts";

const VERSION = "6.0.3";

/** Not a dependency: its `tsc` would take the place of the native one among this package's programs. */
const TYPESCRIPT6: Part = {
  name: "typescript",
  version: VERSION,
  takes: "5 seconds",
  async build(folder, log) {
    await writeFile(join(folder, "package.json"), "{}");
    await runTool("npm", ["install", "--no-save", `typescript@${VERSION}`], { cwd: folder, log });
  },
};

/** The script that runs `tsc` of the last TypeScript that is written in TypeScript. */
export async function installTsc6(): Promise<string> {
  return join(await installPart(TYPESCRIPT6), "node_modules/typescript/bin/tsc");
}
