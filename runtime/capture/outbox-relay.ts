import { type Clock, sleep } from "../clock.ts";
import type { ReportProblem } from "../contract.ts";
import { followServerClock } from "../storage/server-clock.ts";
import { afterTransaction, type CaptureStore, type Cursor, isHandled, openCaptureStore } from "./capture-store.ts";
import type { Columns, SourceEvent } from "./change-source.ts";
import { openSlot, slotName } from "./open-slot.ts";
import { OUTBOX_SCHEMA, type OutboxRow, type Outgoing, outgoingOf } from "./outbox-row.ts";
import type { Lsn } from "./position.ts";
import type { RunControl } from "./run-again.ts";

const PUBLICATION = "fivefold_outbox";
/** Rows of one page of what was there before the slot. */
const PAGE = 1_000;
/** A transaction's rows are told a moment before others see them. */
const SEEN_AGAIN_MS = 20;
const SEEN_WITHIN_MS = 5_000;

/** Why one of the records can't be enqueued, ever. */
export interface Refusal {
  readonly id: string;
  readonly why: string;
}

export interface RelayOptions {
  readonly url: string;
  readonly place: string;
  /** The stores' time. */
  readonly clock: Clock;
  /** Resolves once all are durable but those that it answers. `again`: a process that is gone may have done the same. */
  readonly relay: (outgoing: readonly Outgoing[], again: boolean) => Promise<readonly Refusal[]>;
  readonly control: RunControl;
  readonly reportProblem: ReportProblem;
}

interface Row extends OutboxRow {
  readonly position: string;
}

interface Batch {
  readonly rows: Row[];
  /** What is handled once the rows are relayed. */
  cursor: Cursor;
  /** What may be confirmed then. */
  confirmed: Lsn;
  /** Whether all of it lies behind what another process may have handled. */
  isFresh: boolean;
}

/** Relays one database's outbox in the order of commits, until it is stopped; rejects where it can't go on. */
export async function relayOutbox(options: RelayOptions): Promise<void> {
  const { clock, control } = options;
  const store = await openCaptureStore(options.url);
  const { query } = store.postgres;
  const askTime = async () =>
    (await query<{ now: number }>("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now", []))[0]!.now;
  const time = await followServerClock(askTime, clock);
  let slot = "";

  async function relay(rows: readonly Row[], again: boolean): Promise<string[]> {
    const now = clock.now();
    const databaseNow = time.now();
    const refusals = await options.relay(
      rows.map((row) => outgoingOf(row, databaseNow, now)),
      again,
    );
    if (refusals.length === 0) return rows.map(({ position }) => position);
    const refused = new Map(refusals.map(({ id, why }) => [id, why]));
    for (const { id, position } of rows) {
      const why = refused.get(id);
      if (why !== undefined) await store.refuse(position, why);
    }
    return rows.filter(({ id }) => !refused.has(id)).map(({ position }) => position);
  }

  /** Relays what was committed before the slot: in the order of inserts, since that of commits is not known. */
  async function relayBefore(read: (text: string) => Promise<Columns[]>): Promise<void> {
    for (let last = "0"; ; ) {
      const found = await read(
        `SELECT position, id, use_case, envelope, payload, inserted_at FROM ${OUTBOX_SCHEMA}.outbox
         WHERE position > ${last} AND refused IS NULL ORDER BY position LIMIT ${PAGE}`,
      );
      const rows = found as unknown as Row[];
      if (rows.length === 0) return;
      last = rows.at(-1)!.position;
      const done = await relay(rows, true);
      await store.prune(slot, { commit: 0n, change: 0n }, done);
      control.counted(rows.length);
    }
  }

  try {
    await publish(store);
    slot = await slotName(store, PUBLICATION);
    const { source, state, handledUpTo } = await openSlot({
      ...{ url: options.url, place: options.place, slot, publication: PUBLICATION, store, clock },
      ...{ readBefore: relayBefore, reportProblem: options.reportProblem },
    });
    control.onStop(() => void source.close());
    control.opened();
    const collect = createCollector(state.cursor, handledUpTo);
    try {
      while (!control.isStopped()) {
        const batch = collect(await source.next());
        if (batch.rows.length > 0) {
          const done = await relay(batch.rows, !batch.isFresh);
          await prune(store, slot, batch.cursor, done, clock);
          control.counted(batch.rows.length);
        }
        source.confirm(batch.confirmed);
      }
    } finally {
      await source.close();
    }
  } finally {
    time.close();
    await store.close();
  }
}

async function publish({ postgres: { query } }: CaptureStore): Promise<void> {
  const found = await query("SELECT 1 FROM pg_publication WHERE pubname = $1", [PUBLICATION]);
  if (found.length > 0) return;
  await query(`CREATE PUBLICATION ${PUBLICATION} FOR TABLE ${OUTBOX_SCHEMA}.outbox WITH (publish = 'insert')`, []);
}

/** Removes what was relayed. What is not seen yet will be: its transaction is about to end. */
async function prune(
  store: CaptureStore,
  slot: string,
  cursor: Cursor,
  positions: readonly string[],
  clock: Clock,
): Promise<void> {
  const endsAt = clock.monotonic() + SEEN_WITHIN_MS;
  let left = positions.length - (await store.prune(slot, cursor, positions));
  while (left > 0 && clock.monotonic() < endsAt) {
    await sleep(clock, SEEN_AGAIN_MS);
    left -= await store.prune(slot, cursor, positions);
  }
}

/** Sorts what the source tells into what is to be relayed. */
function createCollector(handled: Cursor, handledUpTo: Lsn): (events: readonly SourceEvent[]) => Batch {
  let transaction: Lsn | undefined;
  let cursor = handled;
  let confirmed: Lsn = 0n;
  return (events) => {
    const batch: Batch = { rows: [], cursor, confirmed, isFresh: true };
    for (const event of events) {
      if (event.kind === "begin") transaction = event.lsn;
      else if (event.kind === "insert") {
        if (isHandled(handled, transaction!, event.lsn)) continue;
        batch.rows.push(event.after as unknown as Row);
        if (transaction! <= handledUpTo) batch.isFresh = false;
        // Rows that share a position are not to be parted: those at this one count only with the next.
        cursor = { commit: transaction!, change: event.lsn - 1n };
      } else if (event.kind === "commit") {
        if (transaction! > cursor.commit || cursor.commit === transaction) cursor = afterTransaction(transaction!);
        transaction = undefined;
        confirmed = event.lsn;
      } else if (event.kind === "idle" && transaction === undefined) {
        if (event.lsn > confirmed) confirmed = event.lsn;
      }
    }
    batch.cursor = cursor;
    batch.confirmed = confirmed;
    return batch;
  };
}
