import { join } from "node:path";
import { systemClock } from "./clock.ts";
import { openLmdbControlStore } from "./control/lmdb-control-store.ts";
import { openLmdbDedupeStore } from "./frontend/lmdb-dedupe-store.ts";
import type { Ports } from "./ports.ts";
import { openLmdbDelayStore } from "./scheduler/lmdb-delay-store.ts";
import { openFolderCrashStore } from "./transport/crashes/folder-crash-store.ts";
import { openEmbeddedTransport } from "./transport/embedded.ts";

export { openFolderCrashStore };

/** Opens the embedded transport and stores in a data folder, for any number of processes of one machine. */
export async function openEmbedded(folder: string): Promise<Ports> {
  return {
    transport: await openEmbeddedTransport({ folder: join(folder, "topics"), clock: systemClock }),
    ...(await openEmbeddedStores(folder)),
    clock: systemClock,
  };
}

/** Opens what is embedded besides the topics. */
export async function openEmbeddedStores(
  folder: string,
): Promise<Pick<Ports, "delayStore" | "dedupeStore" | "openControlStore">> {
  return {
    delayStore: await openLmdbDelayStore(join(folder, "delays"), systemClock),
    dedupeStore: await openLmdbDedupeStore(join(folder, "dedupe"), systemClock),
    openControlStore: () => openLmdbControlStore(join(folder, "control"), systemClock),
  };
}
