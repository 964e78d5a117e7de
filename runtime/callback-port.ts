import { type CallbackServer, startCallbackServer } from "./callbacks/callback-server.ts";
import type { TargetSettings, UseCaseSettings } from "./contract/contract.ts";
import { FivefoldError } from "./contract/errors.ts";
import type { Ports } from "./ports/ports.ts";
import { callbackSecrets } from "./receiver/receive.ts";

export type { CallbackServer };

export interface CallbackPortOptions {
  readonly ports: Pick<Ports, "openControlStore" | "clock">;
  /** Those whose tasks' outcomes are taken, whoever runs them. */
  readonly useCases: readonly UseCaseSettings[];
  /** Default: that of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** 0: any that is free. */
  readonly port: number;
  /** Default: all addresses. */
  readonly host?: string | undefined;
}

/** Takes outcomes that come later, for all workers on the same stores. */
export async function openCallbackPort(options: CallbackPortOptions): Promise<CallbackServer> {
  const { ports, useCases, port, host, environment = process.env } = options;
  if (!ports.openControlStore) {
    throw new FivefoldError("invalid-option", "Callbacks need a store: these ports have none that outlives a process.");
  }
  const store = await ports.openControlStore();
  const secretsOf = (target: TargetSettings) => callbackSecrets(target, environment);
  try {
    const server = await startCallbackServer({ store, useCases, secretsOf, port, host, clock: ports.clock });
    return {
      port: server.port,
      async close() {
        await server.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
