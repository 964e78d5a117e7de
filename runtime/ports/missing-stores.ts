import { FivefoldError } from "../contract/errors.ts";
import type { Ports } from "./ports.ts";

/**
 * What stands for the stores beside Pulsar where nobody said where they are: whoever enqueues events without a delay, of use
 * cases without `dedupeBy`, needs none. All else is refused when it is first asked for.
 */
export function missingStores(): Required<Pick<Ports, "delayStore" | "dedupeStore" | "openControlStore" | "missing">> {
  const missing = new FivefoldError(
    "invalid-option",
    "Pulsar is set, and no store for delays and deduplication, which workers, delayed events and use cases with " +
      "`dedupeBy` need. Set FIVEFOLD_POSTGRES_URL to a PostgreSQL database that all processes use; or, where this machine " +
      "is the only one, FIVEFOLD_DATA to a folder that is kept.",
  );
  const refuse = () => Promise.reject(missing);
  const close = async () => {};
  return {
    missing,
    delayStore: {
      horizonMs: 0,
      add: refuse,
      claimDue: refuse,
      renew: refuse,
      remove: refuse,
      groups: refuse,
      find: refuse,
      claimOf: refuse,
      cancel: refuse,
      reschedule: refuse,
      outdated: refuse,
      nextDueAt: refuse,
      size: refuse,
      close,
    },
    dedupeStore: {
      reserve: refuse,
      find: refuse,
      renew: refuse,
      confirm: refuse,
      release: refuse,
      sweep: refuse,
      close,
    },
    openControlStore: refuse,
  };
}
