import type { Lsn } from "./position.ts";

/** Columns by name, as PostgreSQL writes them as text. Absent: a large value that the change left as it was. */
export type Columns = Readonly<Record<string, string | null | undefined>>;

/** A table as the changes that follow have it. */
export interface Relation {
  /** The table's own, whatever its name is: a partitioned table's where its partitions are told as that. */
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly isKey: boolean; readonly typeOid: number }[];
  readonly replicaIdentity: "default" | "nothing" | "full" | "index";
}

/** One row's change in a committed transaction. */
export interface RowChange {
  readonly kind: "insert" | "update" | "delete";
  readonly relation: Relation;
  /** Where it stands in the log. Rows that one statement wrote together may share it. */
  readonly lsn: Lsn;
  /** What is known of the row before: its key where that changed or the row is gone, or all of it. */
  readonly before: Columns | undefined;
  /** Absent: deleted. */
  readonly after: Columns | undefined;
}

/** What a source tells, in the order in which transactions were committed. */
export type SourceEvent =
  | { readonly kind: "begin"; readonly lsn: Lsn; readonly xid: number; readonly committedAt: number }
  | RowChange
  | { readonly kind: "truncate"; readonly relations: readonly Relation[] }
  /** What was written into the log as a message. */
  | { readonly kind: "mark"; readonly prefix: string; readonly content: string }
  /** The transaction's end; `lsn` is what to confirm once all of it was handled. */
  | { readonly kind: "commit"; readonly lsn: Lsn }
  /** Nothing of interest lies before `lsn`. */
  | { readonly kind: "idle"; readonly lsn: Lsn };

/** A database whose committed changes are read in order, from where it was confirmed last. */
export interface ChangeSource {
  /**
   * What has arrived since the last call, waiting for the first. What is not taken is not asked for: the database keeps it.
   * Rejects once the connection is lost.
   */
  next(): Promise<readonly SourceEvent[]>;
  /** All before this position need not be told again. */
  confirm(lsn: Lsn): void;
  close(): Promise<void>;
}
