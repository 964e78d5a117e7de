import { contractsOf } from "./kinds.ts";
import { tell } from "./told.ts";

/** The executor of the kind that this module is imported as: `executor.ts?kind=ordered`. */
export const executor = {
  ...contractsOf(new URL(import.meta.url).searchParams.get("kind")!, tell).executor,
  // By which a worker has a process of its own run what was in flight at a crash.
  url: import.meta.url,
};
