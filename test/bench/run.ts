/*
 * `npm run bench`: every benchmark, one after another, each in a process of its own. `npm run bench codec transport` runs
 * those alone. Figures are lines of JSON on standard output.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ALL = [
  "pipeline",
  "poisoned-key",
  "flow-control",
  "transport",
  "codec",
  "compiler",
  "compiler-large",
  "pulsar",
  "many-use-cases",
  "targets",
  "gateway",
  "capture",
];

const chosen = process.argv.slice(2);
for (const name of chosen.length > 0 ? chosen : ALL) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`)], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
