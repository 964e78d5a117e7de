import type { Ports } from "../../ports/ports.ts";
import type { PostgresOptions } from "./postgres.ts";
import { openPostgresControlStore } from "./postgres-control-store.ts";
import { openPostgresCrashStore } from "./postgres-crash-store.ts";
import { openPostgresDedupeStore } from "./postgres-dedupe-store.ts";
import { openPostgresDelayStore } from "./postgres-delay-store.ts";

export type { PostgresOptions };
export { openPostgresCrashStore };

/**
 * Opens both stores of a cluster in one database. The delay store's is what workers use most; a producer opens it for
 * nothing but its tables' version. Throws a FivefoldError where the database can't be used.
 */
export async function openPostgresStores(
  options: PostgresOptions,
): Promise<Pick<Ports, "delayStore" | "dedupeStore" | "openControlStore">> {
  const delayStore = await openPostgresDelayStore(options);
  try {
    return {
      delayStore,
      dedupeStore: await openPostgresDedupeStore(options),
      openControlStore: () => openPostgresControlStore(options),
    };
  } catch (error) {
    await delayStore.close();
    throw error;
  }
}
