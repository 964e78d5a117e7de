import type { Command } from "commander";

/** Adds `capture`. */
export function captureCommands(program: Command): void {
  program
    .command("capture")
    .description("turn what databases commit into events: their outboxes")
    .option("--source <name=url...>", "where a source is (default: what FIVEFOLD_SOURCE_<NAME> says)")
    .option(
      "--outbox <source...>",
      "relay the outboxes of these sources, made where they are missing (default: FIVEFOLD_OUTBOX)",
    )
    .option("--connect-within <duration>", "longest that it tries to reach what is not there yet at its start", "45s")
    .option("--metrics-port <port>", "serves /metrics, /healthz and /readyz", "9464")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (options) => {
      const { capture } = await import("./capture.ts");
      await capture(options);
    });
}
