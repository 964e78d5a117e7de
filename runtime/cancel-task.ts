import type { UseCaseSettings } from "./contract.ts";
import type { Ports } from "./ports.ts";
import { dueAtOfTask } from "./task-id.ts";

/** A task that is due so soon is on its way already. */
const TOO_LATE_MS = 100;

/**
 * Cancels a delayed task by its id, unless its time has come. Rejects where the delay store can't be reached: then it may be
 * cancelled or not, and can be asked for again.
 */
export async function cancelTask(
  { delayStore, clock, missing }: Pick<Ports, "delayStore" | "clock" | "missing">,
  { subscribers }: UseCaseSettings,
  id: string,
): ReturnType<Ports["delayStore"]["cancel"]> {
  if (missing) throw missing;
  const dueAt = dueAtOfTask(id);
  if (dueAt === undefined) return "unknown";
  const subscriptions = subscribers.map(({ name }) => name);
  return delayStore.cancel({ id, dueAt, subscriptions }, clock.now() + TOO_LATE_MS);
}
