import { type Cancel, type Clock, sleep } from "../clock.ts";
import type { TaskRecord } from "../contract.ts";
import { FivefoldError } from "../errors.ts";
import type { DedupeStore } from "./dedupe-store.ts";

/** How long an enqueue that ended without a word, or stands still, keeps others with its id waiting. */
const LEASE_MS = 15_000;
/** A publish may take longer than a lease: what is under way is leased anew this often. */
const RENEW_MS = 5_000;
const CONFIRM_AGAIN_MS = 500;
/** Somebody else's enqueue with the same id is asked for after this long, then after twice as long, up to the most. */
const FIRST_POLL_MS = 20;
const LONGEST_POLL_MS = 500;
/** As long as a publish may take. */
const LONGEST_WAIT_MS = 30_000;

interface Ports {
  readonly publish: (records: readonly TaskRecord[]) => Promise<void>;
  readonly dedupeStore: DedupeStore;
  readonly clock: Clock;
}

interface Answer {
  /** The task's id. */
  readonly id: string;
  readonly duplicate: boolean;
}

/** A record whose dedupe id this enqueue holds. */
interface Held {
  readonly useCase: string;
  readonly dedupeId: string;
  readonly id: string;
  /** Absent: the record's own id. */
  readonly task: string | undefined;
  readonly record: TaskRecord;
}

/**
 * Publishes the records whose dedupe id nobody has enqueued before, and answers each record's task id; `answered` is
 * told of each as soon as it is known. The order is reserve, publish, confirm: were an id remembered before its record
 * is durable, a crash between the two would make the caller's retry a "duplicate" of an event that was never stored.
 *
 * Where a publish ends without telling whether the records are stored, their ids stay reserved under the same task ids:
 * whoever enqueues them next publishes them under those. Rejects with what the publish rejected with, or where another
 * process's enqueue with the same id has not ended for 30 s.
 */
export async function publishOnce(
  records: readonly TaskRecord[],
  dedupeForMs: number,
  ports: Ports,
  answered: (record: TaskRecord, answer: Answer) => void = () => {},
): Promise<readonly Answer[]> {
  const { dedupeStore, clock } = ports;
  const byDedupeId = Map.groupBy(records, ({ dedupeId }) => dedupeId);
  const answers = new Map<TaskRecord, Answer>();
  let open = [...byDedupeId.values()].map(([first]) => first!);
  const giveUpAt = clock.monotonic() + LONGEST_WAIT_MS;
  let pollMs = FIRST_POLL_MS;

  /** Of several records with one id in a call, the first one is the task, and the others are its duplicates. */
  function answer(first: TaskRecord, id: string, duplicate: boolean): void {
    for (const record of byDedupeId.get(first.dedupeId)!) {
      const own: Answer = { id, duplicate: duplicate || record !== first };
      answers.set(record, own);
      answered(record, own);
    }
  }

  while (open.length > 0) {
    const reservations = await dedupeStore.reserve(open, clock.now(), LEASE_MS, dedupeForMs);
    const reserved: Held[] = [];
    const pending: TaskRecord[] = [];
    reservations.forEach((reservation, i) => {
      const record = open[i]!;
      const { useCase, dedupeId, id } = record;
      if (reservation.kind === "duplicate") answer(record, reservation.id, true);
      else if (reservation.kind === "pending") pending.push(record);
      else reserved.push({ useCase, dedupeId, id, task: reservation.id, record });
    });
    if (reserved.length > 0) {
      const first = await publishReserved(reserved, dedupeForMs, ports);
      for (const [i, { record, id, task }] of reserved.entries()) answer(record, task ?? id, !first[i]);
    }
    open = pending;
    if (open.length === 0) break;
    if (clock.monotonic() >= giveUpAt) throw stillPending(open);
    await sleep(clock, pollMs);
    pollMs = Math.min(LONGEST_POLL_MS, 2 * pollMs);
  }
  return records.map((record) => answers.get(record)!);
}

/** Publishes what is reserved; answers for each whether it was this call that had it accepted. */
async function publishReserved(
  reserved: readonly Held[],
  dedupeForMs: number,
  { publish, dedupeStore, clock }: Ports,
): Promise<readonly boolean[]> {
  const stopRenewing = keepReserved(reserved, dedupeStore, clock);
  try {
    await publish(reserved.map(({ record, task }) => (task === undefined ? record : { ...record, id: task })));
  } catch (error) {
    stopRenewing();
    const isSurelyNot = error instanceof FivefoldError && !error.mayBeStored;
    // Where this fails too, the lease lets the ids go: the caller should learn why publishing failed.
    await (isSurelyNot ? dedupeStore.release(reserved) : dedupeStore.renew(reserved, 0)).catch(() => {});
    throw error;
  }
  const confirm = () => dedupeStore.confirm(reserved, clock.now() + dedupeForMs);
  try {
    const first = await confirm();
    stopRenewing();
    return first;
  } catch {
    // The records are durable, which is what the caller asked for. Until the store has heard of it, the ids stay held.
    void insist(confirm, clock).finally(stopRenewing);
    return reserved.map(() => true);
  }
}

/** Does it again until it works, or the store is closed. */
async function insist(work: () => Promise<unknown>, clock: Clock): Promise<void> {
  for (;;) {
    await new Promise<void>((resolve) => clock.after(CONFIRM_AGAIN_MS, resolve, { background: true }));
    try {
      await work();
      return;
    } catch (error) {
      if (error instanceof FivefoldError && error.code === "closed") return;
    }
  }
}

/** Leases what is held anew, until it is told to stop. */
function keepReserved(reserved: readonly Held[], dedupeStore: DedupeStore, clock: Clock): Cancel {
  let stopped = false;
  let cancel = renewLater();

  function renewLater(): Cancel {
    return clock.after(RENEW_MS, renew, { background: true });
  }

  async function renew(): Promise<void> {
    // Where that fails, another enqueue may take the ids over, under the same task ids.
    await dedupeStore.renew(reserved, clock.now() + LEASE_MS).catch(() => {});
    if (!stopped) cancel = renewLater();
  }

  return () => {
    stopped = true;
    cancel();
  };
}

function stillPending([first, ...others]: readonly TaskRecord[]): FivefoldError {
  const ids = `'${first!.dedupeId.slice(0, 80)}'${others.length > 0 ? ` and ${others.length} more` : ""}`;
  return new FivefoldError(
    "throttled",
    `The event for '${first!.useCase}' with the dedupe id ${ids} is being enqueued elsewhere too, and that has not ended ` +
      `for ${LONGEST_WAIT_MS / 1_000} s: whether it is stored is not known yet. Enqueue it again later: it is accepted ` +
      "once, and that enqueue answers which task it is.",
    { mayBeStored: true },
  );
}
