import type { Command } from "commander";

/** Adds `capture` and `check-source`. */
export function captureCommands(program: Command): void {
  program
    .command("capture [use-case...]")
    .description(
      "turn what databases commit into events: changes of tables, for built use cases, all or some, and outboxes",
    )
    .option("--source <name=url...>", "where a source is (default: what FIVEFOLD_SOURCE_<NAME> says)")
    .option(
      "--outbox <source...>",
      "relay the outboxes of these sources, made where they are missing (default: FIVEFOLD_OUTBOX)",
    )
    .option("--connect-within <duration>", "longest that it tries to reach what is not there yet at its start", "45s")
    .option("--metrics-port <port>", "serves /metrics, /healthz and /readyz", "9464")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (names, options) => {
      const { capture } = await import("./capture.ts");
      await capture(names, options);
    });

  program
    .command("check-source [use-case...]")
    .description("compare captured tables with what use cases read of them; changes nothing")
    .option("--source <name=url...>", "where a source is (default: what FIVEFOLD_SOURCE_<NAME> says)")
    .option("--json", "print one JSON object")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (names, options) => {
      const { checkSource } = await import("./check-source.ts");
      await checkSource(names, options);
    });
}
