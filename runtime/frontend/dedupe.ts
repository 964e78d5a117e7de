import { type Clock, sleep } from "../clock.ts";
import type { TaskRecord } from "../contract.ts";
import type { DedupeStore } from "./dedupe-store.ts";

/** How long a crashed process's reservation bars its id. Publishing takes milliseconds; a stalled disk takes longer. */
const LEASE_MS = 5_000;
const PENDING_POLL_MS = 20;

interface Ports {
  readonly publish: (records: readonly TaskRecord[]) => Promise<void>;
  readonly dedupeStore: DedupeStore;
  readonly clock: Clock;
}

/**
 * Publishes the records whose dedupe id nobody has enqueued before, and answers each record's task id. The order is
 * reserve, publish, confirm: were an id remembered before its record is durable, a crash between the two would make
 * the caller's retry a "duplicate" of an event that was never stored.
 */
export async function publishOnce(
  records: readonly TaskRecord[],
  dedupeForMs: number,
  { publish, dedupeStore, clock }: Ports,
): Promise<readonly { id: string; duplicate: boolean }[]> {
  const first = new Map<string, TaskRecord>();
  for (const record of records) if (!first.has(record.dedupeId)) first.set(record.dedupeId, record);

  const acceptedIds = new Map<string, string>();
  let open = [...first.values()];
  while (open.length > 0) {
    const reservations = await dedupeStore.reserve(open, clock.now(), LEASE_MS);
    const reserved: TaskRecord[] = [];
    const pending: TaskRecord[] = [];
    reservations.forEach((reservation, i) => {
      const record = open[i]!;
      if (reservation.kind === "duplicate") acceptedIds.set(record.dedupeId, reservation.id);
      else if (reservation.kind === "reserved") reserved.push(record);
      else pending.push(record);
    });
    if (reserved.length > 0) {
      try {
        await publish(reserved);
      } catch (error) {
        // Where this fails too, the lease lets the ids go: the caller should learn why publishing failed.
        await dedupeStore.release(reserved).catch(() => {});
        throw error;
      }
      await dedupeStore.confirm(reserved, clock.now() + dedupeForMs);
      for (const record of reserved) acceptedIds.set(record.dedupeId, record.id);
    }
    if (pending.length > 0) await sleep(clock, PENDING_POLL_MS);
    open = pending;
  }
  return records.map((record) => {
    const id = acceptedIds.get(record.dedupeId)!;
    return { id, duplicate: id !== record.id };
  });
}
