import { followServerClock } from "../adapters/postgres/server-clock.ts";
import { type Clock, sleep } from "../contract/clock.ts";
import type { Priority, ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { afterTransaction, type CaptureStore, type Cursor, isHandled, openCaptureStore } from "./capture-store.ts";
import type { Columns, SourceEvent } from "./change-source.ts";
import { lookAgain } from "./look-again.ts";
import { openSlot, slotName } from "./open-slot.ts";
import { OUTBOX_SCHEMA, type OutboxRow, type Outgoing, outgoingOf, rowFault } from "./outbox-row.ts";
import type { Lsn } from "./position.ts";
import type { RunControl } from "./run-again.ts";

const PUBLICATION = "fivefold_outbox";
/** How the reason begins for which a row is kept whose use case was not known. */
const UNKNOWN = "There is no use case '";
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
  /** A use case's priority; `undefined`: there is no such use case. */
  readonly priorityOf: (useCase: string) => Priority | undefined;
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

  /** Why a row is not relayed, as it is; `undefined`: it can be. */
  function whyNot(row: Row): string | undefined {
    const fault = rowFault(row);
    if (fault !== undefined || options.priorityOf(row.use_case) !== undefined) return fault;
    return `${UNKNOWN}${row.use_case}' here: a capture that knows it relays the row.`;
  }

  /** Relays what can be, and keeps the rest with the reason; answers the positions of what is done. */
  async function relay(rows: readonly Row[], again: boolean): Promise<string[]> {
    const now = clock.now();
    const databaseNow = time.now();
    const refused = new Map<string, string>();
    for (const row of rows) {
      const why = whyNot(row);
      if (why === undefined) continue;
      refused.set(row.position, why);
      options.reportProblem(
        new FivefoldError(
          "source-mismatch",
          `${options.place}, ${OUTBOX_SCHEMA}.outbox, position ${row.position}: ${why}`,
        ),
      );
    }
    const open = rows.filter(({ position }) => !refused.has(position));
    const outgoing = open.map((row) => outgoingOf(row, options.priorityOf(row.use_case)!, databaseNow, now));
    const refusals = outgoing.length === 0 ? [] : await options.relay(outgoing, again);
    const whys = new Map(refusals.map(({ id, why }) => [id, why]));
    for (const { id, position } of open) if (whys.has(id)) refused.set(position, whys.get(id)!);
    for (const [position, why] of refused) await untilSeen(clock, () => store.refuse(position, why));
    return rows.filter(({ position }) => !refused.has(position)).map(({ position }) => position);
  }

  /** Relays what was kept since its use case was not known, where it is by now. */
  async function relayKnownByNow(cursor: Cursor): Promise<void> {
    const rows = await query<Row>(
      `SELECT position::text, id, use_case, envelope, payload::text, inserted_at::text FROM ${OUTBOX_SCHEMA}.outbox
       WHERE starts_with(refused, $1) ORDER BY position`,
      [UNKNOWN],
    );
    const known = rows.filter((row) => whyNot(row) === undefined);
    for (let from = 0; from < known.length; from += PAGE) {
      const page = known.slice(from, from + PAGE);
      await store.prune(slot, cursor, await relay(page, true));
      control.counted(page.length);
    }
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
    slot = await slotName(store, PUBLICATION);
    const { source, state, handledUpTo } = await openSlot({
      ...{ url: options.url, place: options.place, slot, publication: PUBLICATION, store, clock },
      prepare: () => publish(store, slot),
      madeUpBy: "what is in the outbox now is relayed first: nothing is lost, and its order is that of inserts.",
      ...{ readBefore: relayBefore, reportProblem: options.reportProblem },
    });
    control.onStop(() => void source.close());
    await relayKnownByNow(state.cursor);
    control.opened();
    let failure: unknown;
    const stopLooking = lookAgain(clock, async () => {
      if (await isPublished(store).catch(() => true)) return true;
      failure = new FivefoldError(
        "storage-failed",
        `The publication '${PUBLICATION}' of ${options.place} was changed or dropped: what is in the outbox is relayed anew.`,
      );
      void source.close();
      return false;
    });
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
    } catch (error) {
      throw failure ?? error;
    } finally {
      stopLooking();
      await source.close();
    }
  } finally {
    time.close();
    await store.close();
  }
}

async function isPublished({ postgres: { query } }: CaptureStore): Promise<boolean> {
  const found = await query(
    `SELECT 1 FROM pg_publication p JOIN pg_publication_tables t USING (pubname)
     WHERE pubname = $1 AND pubinsert AND schemaname = $2 AND tablename = 'outbox'`,
    [PUBLICATION, OUTBOX_SCHEMA],
  );
  return found.length > 0;
}

async function publish(store: CaptureStore, slot: string): Promise<void> {
  if (await isPublished(store)) return;
  const { query } = store.postgres;
  // What was not told is in the outbox, which is read where the slot is made anew.
  if ((await store.readState(slot))?.ready) await store.beginSlot(slot);
  await query(`DROP PUBLICATION IF EXISTS ${PUBLICATION}`, []);
  await query(`CREATE PUBLICATION ${PUBLICATION} FOR TABLE ${OUTBOX_SCHEMA}.outbox WITH (publish = 'insert')`, []);
}

/** Until a row that the log has told is there for others. */
async function untilSeen(clock: Clock, change: () => Promise<boolean>): Promise<void> {
  const endsAt = clock.monotonic() + SEEN_WITHIN_MS;
  while (!(await change()) && clock.monotonic() < endsAt) await sleep(clock, SEEN_AGAIN_MS);
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
        // Whoever may change the publication can have it tell of other tables.
        if (event.relation.schema !== OUTBOX_SCHEMA || event.relation.name !== "outbox") continue;
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
