import type { PulsarAdmin, PulsarAdminError } from "./admin-client.ts";
import { allowCommand } from "./backlog.ts";

/** How Pulsar answers to the deletion of what somebody is connected to. */
const IN_USE = 412;

export interface Removal {
  /** In the admin API. */
  readonly path: string;
  /** Whether those who are connected may be disconnected. */
  readonly isAllowed: boolean;
  /** The name that allows it. */
  readonly override: string;
}

/** Deletes what somebody may be connected to. By force only where that is allowed: nobody is to have it taken away unasked. */
export async function removeUsed({ path, isAllowed, override }: Removal, admin: PulsarAdmin): Promise<void> {
  try {
    await admin.delete(isAllowed ? `${path}?force=true` : path);
  } catch (cause) {
    const { status, message } = cause as PulsarAdminError;
    if (status !== IN_USE) throw cause;
    const text = `${message} Stop who uses it. Or, to disconnect them, allow it by name: ${allowCommand(override)}`;
    throw new Error(text, { cause });
  }
}
