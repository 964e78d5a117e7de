import { systemClock } from "../../runtime/clock.ts";
import { openEmbeddedTransport } from "../../runtime/transport/embedded.ts";
import type { Transport } from "../../runtime/transport/transport.ts";

/** Opens a data folder in a process of a history. */
export const open = (folder: string): Promise<Transport> => openEmbeddedTransport({ folder, clock: systemClock });
