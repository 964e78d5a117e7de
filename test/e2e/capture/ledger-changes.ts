import { postLedgerEntry } from "../../../generated/post-ledger-entry/client.ts";
import type { Column } from "../../../runtime/capture/column-values.ts";
import type { Changes } from "../../../runtime/changes.ts";
import type { TaskClient } from "../../../runtime/client.ts";

/* A table `entries` that is captured for the ledger. */

export const column = (name: string, type: Column["type"], more: Partial<Column> = {}): Column => {
  return { name, type, list: false, nullable: false, optional: false, ...more };
};
export const COLUMNS = [column("account", "text"), column("sequence", "number"), column("amount", "number")];

interface EntryRow {
  readonly account: string;
  readonly sequence: number;
  readonly amount?: number;
}

/** Its changes, as entries of the ledger: all but those that leave no row. */
export function changesOf(
  more: Partial<Changes["table"]> = {},
  makeEvent?: (row: EntryRow, kind: string) => unknown,
): Changes {
  const table = {
    useCase: "post-ledger-entry",
    schema: "public",
    name: "entries",
    table: "entries",
    snapshot: true,
    columns: COLUMNS,
  };
  return {
    source: "ledger",
    table: { ...table, ...more },
    client: postLedgerEntry as unknown as TaskClient<unknown>,
    makeEvent(given) {
      const { row, kind } = given as { row: EntryRow | undefined; kind: string };
      return row && (makeEvent ? makeEvent(row, kind) : entryOf(row));
    },
  };
}

export function entryOf({ account, sequence, amount = 0 }: EntryRow) {
  return { account, sequence, amountCents: amount, postedAt: new Date(0), labels: {} };
}
