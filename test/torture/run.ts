/*
 * `npm run torture`: long attacks on what is promised. Each scenario is a file of `scenarios/`, and runs alone:
 *
 *   npm run torture                                all but the cluster's, a minute each
 *   npm run torture history -- --minutes 10 --seed 7
 *   npm run torture cluster -- --size 10000 --only libpulsar      what takes its time by what it does, less of it
 *   npm run torture cluster -- --beside v0.1.0                    every second process is of that commit
 *
 * Every scenario prints what it did as a line of JSON. The exit code is 1 where a promise was broken; the same seed draws
 * the same settings again.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Scenario } from "./scenario.ts";

const FOLDER = join(import.meta.dirname, "scenarios");
/** Names of scenarios; what only some can run, such as those that need a broker, is run by name alone. */
const ALL = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -".ts".length))
  .sort();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string" },
    minutes: { type: "string", default: "1" },
    size: { type: "string" },
    only: { type: "string" },
    beside: { type: "string" },
  },
});
const unknown = positionals.filter((name) => !ALL.includes(name));
if (unknown.length > 0) throw new Error(`There is no scenario '${unknown.join("', '")}'; there are ${ALL.join(", ")}`);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const minutes = Number(values.minutes);
const size = values.size === undefined ? undefined : Number(values.size);
if (!Number.isSafeInteger(seed) || !(minutes > 0) || !((size ?? 1) > 0))
  throw new Error("--seed takes a whole number, --minutes and --size one above 0");

// What a scenario started ends as this process exits; ended by a signal alone, it would not.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

for (const name of positionals.length > 0 ? positionals : ALL) {
  const { default: scenario }: { default: Scenario } = await import(pathToFileURL(join(FOLDER, `${name}.ts`)).href);
  if (positionals.length === 0 && scenario.needs !== undefined) {
    console.log(JSON.stringify({ scenario: name, skipped: `needs ${scenario.needs}: run it by its name` }));
    continue;
  }
  const startedAt = performance.now();
  const { only, beside } = values;
  const { did, faults } = await scenario.run({ seed, until: startedAt + minutes * 60_000, size, only, beside });
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(JSON.stringify({ scenario: name, seed, seconds, ...did, faults: faults.length }));
  for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
