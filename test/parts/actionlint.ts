import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildGoPrograms } from "./go-build.ts";
import { installPart, type Part } from "./part-cache.ts";

const VERSION = "1.7.12";

const ACTIONLINT: Part = {
  name: "actionlint",
  version: VERSION,
  takes: "a minute",
  build: (folder, log) =>
    buildGoPrograms({
      folder,
      log,
      programs: { actionlint: `github.com/rhysd/actionlint/cmd/actionlint@v${VERSION}` },
    }),
};

export async function installActionlint(): Promise<string> {
  return join(await installPart(ACTIONLINT), "actionlint");
}

/** What is wrong with a workflow of GitHub Actions: its keys, expressions, and inputs of well-known actions. */
export async function workflowFaults(workflow: string): Promise<string[]> {
  const program = await installActionlint();
  // Other programs that it would call are not there everywhere.
  const args = ["-shellcheck=", "-pyflakes=", "-format", "{{range $err := .}}{{$err.Message}}\n{{end}}", "-"];
  const { stdout, stderr, error } = spawnSync(program, args, { input: workflow, encoding: "utf8" });
  if (error) throw error;
  return [...stdout.split("\n"), ...stderr.split("\n")].filter((line) => line !== "");
}
