import { type Cancel, type Clock, sleep } from "../contract/clock.ts";
import type { TaskRecord } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { DedupeRequest, DedupeStore, Reservation } from "./dedupe-store.ts";
import { conflict, contentOf, isAnother } from "./event-content.ts";

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
  /** What the records are, where that does not follow from their bytes. */
  readonly content?: string | undefined;
}

interface Answer {
  /** The task's id. */
  readonly id: string;
  readonly duplicate: boolean;
}

/** The records of one dedupe id in a call, as the store is asked for them: the content is that of the first. */
interface Asked extends DedupeRequest {
  readonly content: string;
  readonly records: readonly TaskRecord[];
}

/** A dedupe id that this enqueue holds, and the record that is published for it. */
interface Held extends Asked {
  /** Absent: the record's own id. */
  readonly task: string | undefined;
  readonly record: TaskRecord;
}

/** The task that an id stands for. */
interface Task {
  readonly id: string;
  readonly content?: string | undefined;
}

/** Is told of each record as soon as its fate is known. */
export interface Told {
  readonly answered?: (record: TaskRecord, answer: Answer) => void;
  /**
   * Told of records whose id stands for another event; the others go on. Absent: the records are one call, which rejects
   * then and stores nothing, unless it had to wait for other enqueues.
   */
  readonly refused?: (record: TaskRecord, error: FivefoldError) => void;
}

/**
 * Publishes the records whose dedupe id nobody has enqueued before, and answers the task id of each that is not refused.
 * The order is reserve, publish, confirm: were an id remembered before its record is durable, a crash between the two
 * would make the caller's retry a "duplicate" of an event that was never stored.
 *
 * Where a publish ends without telling whether the records are stored, their ids stay reserved under the same task ids:
 * whoever enqueues the same events next publishes them under those. Rejects with what the publish rejected with, or where
 * another process's enqueue with the same id has not ended for 30 s.
 */
export async function publishOnce(
  records: readonly TaskRecord[],
  dedupeForMs: number,
  ports: Ports,
  { answered, refused }: Told = {},
): Promise<readonly (Answer | undefined)[]> {
  const { dedupeStore, clock } = ports;
  const contents = new Map(records.map((record) => [record, ports.content ?? contentOf(record)]));
  const differs = (record: TaskRecord, content: string | undefined) => isAnother(contents.get(record)!, content);
  const answers = new Map<TaskRecord, Answer>();
  let open = [...Map.groupBy(records, ({ dedupeId }) => dedupeId).values()].map((group): Asked => {
    const { useCase, dedupeId, id } = group[0]!;
    return { useCase, dedupeId, id, content: contents.get(group[0]!)!, records: group };
  });
  let isAnyStored = false;
  const giveUpAt = clock.monotonic() + LONGEST_WAIT_MS;
  let pollMs = FIRST_POLL_MS;

  const indexOf = (record: TaskRecord) => (records.length > 1 ? records.indexOf(record) : undefined);
  const conflictWith = ({ id }: Task, record: TaskRecord) => {
    const place = refused ? {} : { index: indexOf(record), othersStored: isAnyStored };
    return conflict(record, `the task ${id}, which was enqueued before, or may have been`, place);
  };

  /** Of several records with one id in a call, `first` is the task, and those that are the same event are its duplicates. */
  function answer({ records: group }: Asked, task: Task, first?: TaskRecord): void {
    for (const record of group) {
      if (differs(record, task.content)) {
        refused?.(record, conflictWith(task, record));
        continue;
      }
      const own: Answer = { id: task.id, duplicate: record !== first };
      answers.set(record, own);
      answered?.(record, own);
    }
  }

  /** Two events of one id in a call are a mistake that no other enqueue has to be asked about. */
  function refuseTwins(): void {
    for (const { content, records: group } of open) {
      const twin = group.find((record) => differs(record, content));
      if (twin)
        throw conflict(twin, `event [${records.indexOf(group[0]!)}] of the same call`, { index: indexOf(twin) });
    }
  }

  if (!refused) refuseTwins();
  while (open.length > 0) {
    const reservations = await dedupeStore.reserve(open, clock.now(), LEASE_MS, dedupeForMs);
    const { reserved, lost, known, pending } = sort(open, reservations, contents);
    const faults = known.flatMap(({ asked, task }) =>
      asked.records.filter((record) => differs(record, task.content)).map((record) => conflictWith(task, record)),
    );
    const isOver = !refused && faults.length > 0;
    const released = isOver ? [...reserved, ...lost] : lost;
    // Where this fails, their lease lets them go.
    if (released.length > 0) await dedupeStore.release(released).catch(() => {});
    if (isOver) throw faults[0];
    for (const { asked, task } of known) answer(asked, task);
    if (reserved.length > 0) {
      const first = await publishReserved(reserved, dedupeForMs, ports);
      isAnyStored = true;
      for (const [i, held] of reserved.entries()) {
        const { record, task: id = record.id } = held;
        answer(held, { ...held, id }, first[i] ? record : undefined);
      }
    }
    open = pending;
    if (open.length === 0) break;
    if (clock.monotonic() >= giveUpAt) throw stillPending(open);
    await sleep(clock, pollMs);
    pollMs = Math.min(LONGEST_POLL_MS, 2 * pollMs);
  }
  return records.map((record) => answers.get(record));
}

/** What the store's answers come to. */
interface Sorted {
  /** To be published. */
  readonly reserved: readonly Held[];
  /** Held, for a task that may be stored, and is none of the records' events. */
  readonly lost: readonly (Asked & { readonly task: string })[];
  /** The tasks of ids that are not to be published. */
  readonly known: readonly { readonly asked: Asked; readonly task: Task }[];
  readonly pending: Asked[];
}

function sort(
  open: readonly Asked[],
  reservations: readonly Reservation[],
  contents: ReadonlyMap<TaskRecord, string>,
): Sorted {
  const reserved: Held[] = [];
  const lost: (Asked & { task: string })[] = [];
  const known: { asked: Asked; task: Task }[] = [];
  const pending: Asked[] = [];
  for (const [i, asked] of open.entries()) {
    const reservation = reservations[i]!;
    if (reservation.kind === "pending") pending.push(asked);
    else if (reservation.kind === "duplicate") known.push({ asked, task: reservation });
    else {
      const { id: task, content } = reservation;
      const record = asked.records.find((one) => !isAnother(contents.get(one)!, content));
      if (record) reserved.push({ ...asked, content: contents.get(record)!, task, record });
      else {
        lost.push({ ...asked, task: task! });
        known.push({ asked, task: { id: task!, content } });
      }
    }
  }
  return { reserved, lost, known, pending };
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

function stillPending([first, ...others]: readonly Asked[]): FivefoldError {
  const ids = `'${first!.dedupeId.slice(0, 80)}'${others.length > 0 ? ` and ${others.length} more` : ""}`;
  return new FivefoldError(
    "throttled",
    `The event for '${first!.useCase}' with the dedupe id ${ids} is being enqueued elsewhere too, and that has not ended ` +
      `for ${LONGEST_WAIT_MS / 1_000} s: whether it is stored is not known yet. Enqueue it again later: it is accepted ` +
      "once, and that enqueue answers which task it is.",
    { mayBeStored: true },
  );
}
