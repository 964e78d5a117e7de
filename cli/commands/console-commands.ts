import type { Command } from "commander";

/** Declares the commands that serve the console. */
export function consoleCommands(program: Command): void {
  program
    .command("console")
    .description("serve pages that show what runs, and by which operators change it: what `dev` serves by itself")
    .option(
      "--tokens <file>",
      'who may look: { "people": [{ "name": "ada", "role": "reader" or "operator", "sha256": "<hash of the token>" }] }',
    )
    .option("--user-header <name>", "the header in which a proxy beside the console says who somebody is")
    .option("--operators <name...>", "with --user-header: who may change what runs; others may look")
    .option("--port <port>", "where it listens", "5056")
    .option("--host <address>", "where it listens (default: this machine alone)")
    .option("--public-url <url>", "how browsers reach it, where something stands in front: https://console.example.com")
    .option("--audit <file>", "where what operators do is written down (default: .fivefold/audit.jsonl)")
    .option("--data <folder>", "the data folder, as `dev` has it (default: where the environment says)")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (options) => {
      const { serveConsole } = await import("../console/console.ts");
      await serveConsole(options);
    });

  program
    .command("console-of-dev", { hidden: true })
    .requiredOption("--root <folder>")
    .requiredOption("--data <folder>")
    .action(async (options) => {
      const { serveDevConsole } = await import("../console/console-of-dev.ts");
      serveDevConsole(options);
    });
}
