import { openEmbeddedTransport } from "../../runtime/adapters/embedded/embedded.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { Transport } from "../../runtime/transport/transport.ts";

/** Opens a data folder in a process of a history. */
export const open = (folder: string): Promise<Transport> => openEmbeddedTransport({ folder, clock: systemClock });
