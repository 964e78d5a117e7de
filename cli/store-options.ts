import type { Command } from "commander";

/** Adds what every command takes that looks into a project's stores; `stores.ts` reads it. */
export function withStoreOptions(command: Command): Command {
  return command
    .option("--data <folder>", "the data folder, as `dev` has it (default: where the environment says)")
    .option("--json", "print one JSON object")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)");
}
