import type { UseCaseSettings } from "./contract/contract.ts";
import { FivefoldError } from "./contract/errors.ts";
import { dueAtOfTask } from "./contract/task-id.ts";
import type { Ports } from "./ports/ports.ts";

/** A delayed task: by its receipt's id, or by the value that its event's `dedupeBy` field has. */
export type TaskReference = string | { readonly dedupeKey: string | number | bigint | boolean };

/** A task that is due so soon is on its way already. */
const TOO_LATE_MS = 100;

type Stores = Pick<Ports, "delayStore" | "dedupeStore" | "clock" | "missing">;

/**
 * Cancels a delayed task, unless its time has come. Rejects where the stores can't be reached: then it may be cancelled or
 * not, and can be asked for again.
 */
export async function cancelTask(
  ports: Stores,
  settings: UseCaseSettings,
  reference: TaskReference,
): ReturnType<Ports["delayStore"]["cancel"]> {
  const task = await findTask(ports, settings, reference);
  return task ? ports.delayStore.cancel(task, ports.clock.now() + TOO_LATE_MS) : "unknown";
}

/** Has a delayed task come due at another time, by the same rules. A time that has passed is now. */
export async function rescheduleTask(
  ports: Stores,
  settings: UseCaseSettings,
  reference: TaskReference,
  dueAt: number,
): ReturnType<Ports["delayStore"]["reschedule"]> {
  const now = ports.clock.now();
  if (dueAt - now > settings.maxDelayMs) {
    throw new FivefoldError(
      "delay-too-long",
      `reschedule for '${settings.name}': the time is ${Math.ceil((dueAt - now) / 1_000)} s away, and its longest delay is ` +
        `${settings.maxDelayMs / 1_000} s. Nothing was changed. Choose an earlier time, or raise \`scheduler.maxDelay\` in the use case.`,
    );
  }
  const task = await findTask(ports, settings, reference);
  if (!task) return "unknown";
  return ports.delayStore.reschedule(task, Math.ceil(Math.max(dueAt, now)), now + TOO_LATE_MS);
}

async function findTask(
  { dedupeStore, clock, missing }: Stores,
  { name, dedupeForMs, subscribers }: UseCaseSettings,
  reference: TaskReference,
) {
  if (missing) throw missing;
  let id: string | undefined;
  if (typeof reference === "string") id = reference;
  else {
    if (dedupeForMs === 0) {
      throw new FivefoldError(
        "invalid-option",
        `'${name}' has no \`frontend.dedupeBy\`, so that no task of it is known by a dedupe key: name it by its receipt's id.`,
      );
    }
    id = await dedupeStore.find({ useCase: name, dedupeId: String(reference.dedupeKey) }, clock.now());
  }
  const dueAt = id === undefined ? undefined : dueAtOfTask(id);
  if (id === undefined || dueAt === undefined) return undefined;
  return { id, dueAt, subscriptions: subscribers.map(({ name }) => name) };
}
