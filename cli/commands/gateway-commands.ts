import type { Command } from "commander";

/** Adds `gateway` and `new-token`. */
export function gatewayCommands(program: Command): void {
  program
    .command("gateway [use-case...]")
    .description("take events of built use cases, all or some, by HTTP, as generated/openapi.json says")
    .option("--tokens <file>", "who may send what, read again when it changes (default: FIVEFOLD_GATEWAY_TOKENS)")
    .option("--port <port>", "where it takes events, 0: any that is free", "8080")
    .option("--host <address>", "the address it listens on (default: all; without --tokens 127.0.0.1)")
    .option("--rate <events>", "most events of a producer for a use case: 100/s (default: any number)")
    .option("--room <megabytes>", "most that it holds of bodies at a time; who comes beyond that gets 429", "64")
    .option("--leave <duration>", "how long it goes on at SIGTERM while senders learn that it ends", "0s")
    .option("--drain <duration>", "longest that it then takes to answer what is under way", "25s")
    .option("--connect-within <duration>", "longest that it tries to reach what is not there yet at its start", "45s")
    .option("--metrics-port <port>", "serves /metrics, /healthz and /readyz", "9464")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (names, options) => {
      const { gateway } = await import("./gateway.ts");
      await gateway(names, options);
    });

  program
    .command("new-token <producer> [use-case...]")
    .description("print a token for the gateway, and what its tokens' file needs to know it")
    .option("--json", "print one JSON object")
    .action(async (producer, useCases, options) => {
      const { newToken } = await import("./new-token.ts");
      newToken(producer, useCases, options);
    });
}
