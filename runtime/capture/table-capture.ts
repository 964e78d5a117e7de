import { hash } from "node:crypto";
import { FivefoldError } from "../contract/errors.ts";
import { openCaptureStore } from "./capture-store.ts";
import { type Batch, createSorter, type MadeEvent, type SorterOptions } from "./change-sorter.ts";
import { lookAgain } from "./look-again.ts";
import { openSlot, slotName } from "./open-slot.ts";
import { publishTable, tellsAll } from "./publication.ts";
import { openReader } from "./replication.ts";
import type { RunControl } from "./run-again.ts";
import { type CapturedTable, findTable, requireFit } from "./source-table.ts";
import { createTableSnapshot, type SnapshotState } from "./table-snapshot.ts";

export interface TableCaptureOptions extends SorterOptions {
  readonly url: string;
  readonly place: string;
  /** Resolves once all are durable. `again`: a process that is gone may have done the same. */
  readonly enqueue: (events: readonly MadeEvent[], again: boolean) => Promise<void>;
  readonly control: RunControl;
}

/** Turns one table's changes into events, until it is stopped; rejects where it can't go on. */
export async function captureTable(options: TableCaptureOptions): Promise<void> {
  const { url, place, table, clock, control, reportProblem } = options;
  const store = await openCaptureStore(url);
  const reader = await openReader({ url, place }).catch(async (error) => {
    await store.close();
    throw error;
  });
  try {
    const found = requireFit(table, await findTable(reader.read, table), place);
    const publication = publicationOf(table.useCase);
    const slot = await slotName(store, publication);
    const madeUpBy = table.snapshot
      ? "the rows that are in the table now are told again. Of rows that were deleted in between nothing is told."
      : "with `snapshot: false`, what was changed in between is told by nothing: it is lost.";
    const prepare = () =>
      publishTable(store, publication, table, async () => {
        // Before the publication is whole again: a process that ends then has the next one begin anew, too.
        if (!(await store.readState(slot))?.ready) return;
        reportProblem(hadGap(publication, place, madeUpBy));
        await store.beginSlot(slot);
      });
    const { source, state, handledUpTo } = await openSlot({
      url,
      place,
      slot,
      publication,
      store,
      clock,
      prepare,
      madeUpBy,
      reportProblem,
    });
    let failure: unknown;
    const fail = (error: unknown) => {
      failure ??= error;
      void source.close();
    };
    const snapshot = createTableSnapshot({
      ...{ table, found, state: snapshotState(state.tables, table), read: reader.read, id: clock.randomId(12) },
      failed: fail,
    });
    let saved = state.cursor;

    /** What is stored is durable before it is noted, and noted before the database may forget it. */
    async function storeBatch({ events, isAgain, cursor, tables, count, confirmed }: Batch): Promise<void> {
      if (events.length > 0) await options.enqueue(events, isAgain);
      if (cursor !== saved) {
        await store.saveCursor(slot, cursor, tables);
        saved = cursor;
      }
      control.counted(count);
      source.confirm(confirmed);
    }

    control.onStop(() => void source.close());
    control.opened();
    const stopLooking = lookAgain(clock, async () => {
      const isWhole = await tellsAll(store, publication, table).catch(() => true);
      if (!isWhole) fail(noLongerTold(table, publication));
      return isWhole;
    });
    const sort = createSorter(options, found.oid, snapshot, state.cursor, handledUpTo);
    let storing: Promise<void> = Promise.resolve();
    try {
      while (!control.isStopped()) {
        snapshot.readOn();
        // Events are made of what comes next while those before are stored; what comes then waits in the database.
        const batch = sort(await source.next());
        await storing;
        storing = storeBatch(batch);
        storing.catch(fail);
      }
      await storing;
    } catch (error) {
      await storing.catch(() => {});
      throw failure ?? error;
    } finally {
      stopLooking();
      await source.close();
    }
  } finally {
    await reader.close();
    await store.close();
  }
}

const LONGEST_NAME = 40;

/** `fivefold_invoice_changed`, which a database and, with more behind it, a server have room for. */
function publicationOf(useCase: string): string {
  const name = useCase.replaceAll(/[^a-z0-9]/g, "_");
  const short = `${name.slice(0, LONGEST_NAME - 9)}_${hash("sha256", useCase, "hex").slice(0, 8)}`;
  return `fivefold_${name === useCase.replaceAll("-", "_") && name.length <= LONGEST_NAME ? name : short}`;
}

function snapshotState(stored: string, { snapshot }: CapturedTable): SnapshotState {
  const state = JSON.parse(stored) as Partial<SnapshotState>;
  return { ...state, done: state.done ?? !snapshot };
}

function hadGap(publication: string, place: string, madeUpBy: string): FivefoldError {
  const how = `The publication '${publication}' of ${place} was changed or dropped, so that not all was told`;
  return new FivefoldError("storage-failed", `${how}. A new slot is made; ${madeUpBy}`);
}

function noLongerTold({ table, useCase }: CapturedTable, publication: string): FivefoldError {
  return new FivefoldError(
    "source-mismatch",
    `The publication '${publication}' does not tell all changes of ${table} to '${useCase}' any more: it, or the table, was changed or dropped.`,
  );
}
