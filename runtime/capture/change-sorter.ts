import { hash } from "node:crypto";
import type { Clock } from "../contract/clock.ts";
import type { ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import { afterTransaction, type Cursor, isHandled } from "./capture-store.ts";
import type { Columns, RowChange, SourceEvent } from "./change-source.ts";
import { readKnown, readRow } from "./column-values.ts";
import type { Lsn } from "./position.ts";
import type { CapturedTable } from "./source-table.ts";
import { confirmableOf, MARK_PREFIX, type TableSnapshot } from "./table-snapshot.ts";

/** An event that a use case's function made of a change. */
export interface MadeEvent {
  /** The same whenever the same change is told again. */
  readonly id: string;
  readonly event: unknown;
  /** Says of what it was made, for messages. */
  readonly of: () => string;
}

/** A change as a use case's function is given it: see `Change` in runtime/authoring/use-case.ts. */
interface GivenChange {
  readonly kind: "snapshot" | RowChange["kind"];
  readonly row: object | undefined;
  readonly before: object | undefined;
  readonly committedAt: Date;
}

export interface SorterOptions {
  readonly table: CapturedTable;
  /** The use case's own. */
  readonly makeEvent: (change: unknown) => unknown;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

/** What a part of the log comes to. */
export interface Batch {
  readonly events: readonly MadeEvent[];
  /** Changes and rows that were handled. */
  readonly count: number;
  readonly cursor: Cursor;
  /** How far the snapshot is then, as it is stored. */
  readonly tables: string;
  /** What may be confirmed then. */
  readonly confirmed: Lsn;
  readonly isAgain: boolean;
}

/** Makes events of what the source tells, and of the snapshot's rows where their mark is. */
export function createSorter(
  { table, makeEvent, clock, reportProblem }: SorterOptions,
  oid: string,
  snapshot: TableSnapshot,
  handled: Cursor,
  handledUpTo: Lsn,
): (events: readonly SourceEvent[]) => Batch {
  let transaction: Extract<SourceEvent, { kind: "begin" }> | undefined;
  let committedAt = new Date(0);
  let cursor = handled;
  let confirmed: Lsn = 0n;
  /** Where the last change stands, and which one there it was: rows of one statement may share a position. */
  let last = { lsn: 0n, place: 0 };
  let made: MadeEvent[] = [];

  function changeOf({ kind, after, before }: RowChange, committedAt: Date): GivenChange {
    return {
      kind,
      row: after && readRow(table, after),
      before: before && readKnown(table, before),
      committedAt,
    };
  }

  function make(change: GivenChange, at: string, key: () => string): void {
    const of = () => `the ${change.kind === "snapshot" ? "row" : change.kind} of ${table.table} with the key ${key()}`;
    let found: unknown;
    try {
      found = makeEvent(change);
    } catch (error) {
      const message = `The function of '${table.useCase}' that makes events of changes threw at ${of()}: ${describeThrown(error)}`;
      throw new FivefoldError("handler-fault", message, { cause: error });
    }
    if (found === undefined) return;
    const id = `${table.useCase}@${at}`;
    if (!Array.isArray(found)) made.push({ id, event: found, of });
    else for (const [i, event] of found.entries()) made.push({ id: `${id}.${i}`, event, of });
  }

  function record({ before, after, kind }: RowChange): void {
    if (after) {
      snapshot.window.changed(snapshot.keyOf(after));
      if (table.columns.some(({ name }) => name in after && after[name] === undefined)) snapshot.toldInPart(after);
    }
    // Without a former key, an update left it as it was.
    if (before && kind !== "insert") snapshot.window.changed(snapshot.keyOf(before));
  }

  return (events) => {
    made = [];
    let changed: Lsn | undefined;
    let count = 0;
    let isAgain = false;
    for (const event of events) {
      switch (event.kind) {
        case "begin":
          transaction = event;
          committedAt = new Date(event.committedAt);
          if (!snapshot.isDone) snapshot.window.begin(event.xid, confirmed);
          break;
        case "insert":
        case "update":
        case "delete": {
          // Whoever may change the publication can have it tell of other tables.
          if (event.relation.oid !== oid) break;
          if (!snapshot.isDone) record(event);
          if (isHandled(handled, transaction!.lsn, event.lsn)) break;
          if (last.lsn === event.lsn) last.place++;
          else last = { lsn: event.lsn, place: 0 };
          make(changeOf(event, committedAt), `${event.lsn.toString(36)}.${last.place}`, () => keyText(event));
          count++;
          changed = event.lsn;
          break;
        }
        case "truncate":
          if (!event.relations.some((relation) => relation.oid === oid)) break;
          if (!snapshot.isDone) snapshot.window.truncated();
          if (transaction!.lsn > handled.commit) reportProblem(truncated(table));
          break;
        case "mark": {
          if (event.prefix !== MARK_PREFIX || snapshot.isDone) break;
          const rows = snapshot.marked(event.content);
          if (rows === undefined) break;
          const readAt = new Date(clock.now());
          for (const [i, row] of rows.entries()) {
            const change = {
              kind: "snapshot",
              row: readRow(table, row),
              before: undefined,
              committedAt: readAt,
            } as const;
            make(change, `${transaction!.lsn.toString(36)}.s${i}`, () => snapshot.keyOf(row));
          }
          count += rows.length;
          // The snapshot's state is stored with the cursor.
          cursor = { commit: transaction!.lsn, change: 0n };
          snapshot.readOn();
          break;
        }
        case "commit":
          if (transaction!.lsn >= cursor.commit) cursor = afterTransaction(transaction!.lsn);
          if (changed !== undefined && transaction!.lsn <= handledUpTo) isAgain = true;
          changed = undefined;
          transaction = undefined;
          confirmed = event.lsn;
          break;
        case "idle":
          if (transaction === undefined && event.lsn > confirmed) confirmed = event.lsn;
      }
    }
    if (changed !== undefined) {
      // Changes that share a position are not to be parted: those at this one count only with the next.
      cursor = { commit: transaction!.lsn, change: changed - 1n };
      if (transaction!.lsn <= handledUpTo) isAgain = true;
    }
    const tables = JSON.stringify(snapshot.state);
    return { events: made, count, cursor, tables, confirmed: confirmableOf(snapshot, confirmed), isAgain };
  };
}

/** The key of a change, as the log tells it. */
function keyText({ relation, after, before }: RowChange): string {
  const row: Columns = after ?? before ?? {};
  const isWhole = relation.replicaIdentity === "full";
  const names = relation.columns.filter(({ isKey }) => isKey).map(({ name }) => name);
  const key = JSON.stringify(names.map((name) => row[name] ?? null));
  return isWhole && key.length > 200 ? hash("sha256", key, "base64url") : key;
}

function truncated({ table, useCase }: CapturedTable): FivefoldError {
  return new FivefoldError(
    "source-mismatch",
    `${table} was truncated. PostgreSQL does not tell which rows were in it, so '${useCase}' gets no event of their end. Delete ` +
      "rows, where that is to be told.",
  );
}
