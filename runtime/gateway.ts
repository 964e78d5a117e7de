import type { Gateway, GatewayOptions } from "./gateway/gateway-options.ts";

export type { GatewayUseCase } from "./gateway/entry.ts";
export type { Gateway, GatewayOptions } from "./gateway/gateway-options.ts";

/**
 * Serves what `openapi.json` says. Throws a FivefoldError (`invalid-option`) where it can't listen, can't read the tokens,
 * or has no store for delays and deduplication, which anybody may ask for.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { missing } = options.connection.ports;
  if (missing) throw missing;
  // Loaded here, since every client loads the runtime, and few serve HTTP.
  const { openGateway } = await import("./gateway/gateway.ts");
  return openGateway(options);
}
