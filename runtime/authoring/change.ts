/** A table whose rows, and whose changes of rows, become events. */
export interface ChangesOf<E> {
  /** The database, of lower-case words joined by hyphens; where it is, FIVEFOLD_SOURCE_<NAME> says. */
  source: string;
  /** `"invoices"`, or with its schema where that is not `public`: `"billing.invoices"`. */
  table: string;
  /**
   * The event, or the events, of a change; `undefined`: none. It must not depend on anything but the change, of which the
   * type says what columns are read: `(change: Change<Invoice>) => …`.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the row's type is the function's own.
  event: (change: Change<any>) => E | readonly E[] | undefined;
  /** Whether the rows that are there when the capture begins are told first, as changes of the kind `"snapshot"`. Default true. */
  snapshot?: boolean;
}

/**
 * A change of a row of a table, in a transaction that was committed. A column is read as the row's type says: `string` as
 * PostgreSQL writes it, `number`, `bigint`, `boolean`, `Date` (to the ms), `Uint8Array`, `Json`, lists of these, or null.
 */
export type Change<Row> = {
  /** When the transaction was committed; of a snapshot's row, when it was read. */
  readonly committedAt: Date;
} & (
  | {
      /** `snapshot`: it was there when the capture began. */
      readonly kind: "snapshot" | "insert";
      readonly row: Row;
      readonly before: undefined;
    }
  | {
      readonly kind: "update";
      readonly row: Row;
      /** All columns with `REPLICA IDENTITY FULL`; else the former key where that changed, and `undefined` where it did not. */
      readonly before: Partial<Row> | undefined;
    }
  | {
      readonly kind: "delete";
      readonly row: undefined;
      /** The key; with `REPLICA IDENTITY FULL` all columns. */
      readonly before: Partial<Row>;
    }
);
