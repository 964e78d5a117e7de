import type { Transport } from "../../../runtime/transport/transport.ts";
import { ALL_WAYS } from "./transports.ts";

/** Where a broker is, and how to come to it: what another process is told. */
export interface PulsarPlace {
  readonly way: string;
  readonly serviceUrl: string;
  readonly adminUrl: string;
  readonly namespace: string;
}

/** Opens a transport as another process of the same test does. `argument` is JSON of the place. */
export function open(argument: string): Promise<Transport> {
  const { way, namespace, ...broker }: PulsarPlace = JSON.parse(argument);
  return ALL_WAYS.find(({ name }) => name === way)!.open(broker, { namespace, timeoutMs: 60_000 });
}
