import { join } from "node:path";
import { systemClock } from "../../contract/clock.ts";
import type { Ports } from "../../ports/ports.ts";
import { openEmbeddedTransport } from "./embedded.ts";
import { openFolderCrashStore } from "./folder-crash-store.ts";
import { openLmdbControlStore } from "./lmdb-control-store.ts";
import { openLmdbDedupeStore } from "./lmdb-dedupe-store.ts";
import { openLmdbDelayStore } from "./lmdb-delay-store.ts";

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
