import type { Gateway, GatewayOptions } from "./gateway/gateway-options.ts";

export type { GatewayUseCase } from "./gateway/entry.ts";
export type { Gateway, GatewayOptions } from "./gateway/gateway-options.ts";

/**
 * Serves what `openapi.json` says. Throws a FivefoldError (`invalid-option`) where it can't listen, or can't read the tokens.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  // Loaded here, since every client loads the runtime, and few serve HTTP.
  const { openGateway } = await import("./gateway/gateway.ts");
  return openGateway(options);
}
