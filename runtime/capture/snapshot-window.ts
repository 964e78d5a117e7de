import type { Lsn } from "./position.ts";

/** Which transactions a query saw: `xmin:xmax:xip,…` as PostgreSQL writes it. */
export interface Visibility {
  readonly xmin: bigint;
  readonly xmax: bigint;
  readonly running: ReadonlySet<bigint>;
}

export function parseVisibility(text: string): Visibility {
  const [xmin = "0", xmax = "0", running = ""] = text.split(":");
  const ids = running === "" ? [] : running.split(",").map(BigInt);
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), running: new Set(ids) };
}

const HALF = 1n << 31n;
const ROUND = 1n << 32n;

/** Whether a query saw what a transaction did. The log has a transaction's last 32 bits alone. */
export function sees({ xmin, xmax, running }: Visibility, xid: number): boolean {
  let full = (xmax / ROUND) * ROUND + BigInt(xid);
  if (full > xmax + HALF) full -= ROUND;
  else if (full < xmax - HALF) full += ROUND;
  return full < xmin || (full < xmax && !running.has(full));
}

interface Transaction {
  readonly xid: number;
  readonly keys: Set<string>;
  /** Set where it emptied the table. */
  isTruncation: boolean;
  /** What could be confirmed before it. */
  readonly before: Lsn;
}

/**
 * Which rows were changed by transactions that a later query may not have seen, though the log has told them already: a
 * transaction is in the log before others see it. A row of a query that such a transaction changed is older than what was told.
 */
export interface SnapshotWindow {
  /** A transaction begins. */
  begin(xid: number, confirmed: Lsn): void;
  changed(key: string): void;
  truncated(): void;
  /** Those of the keys whose rows are as new as all that was told. Forgets what every later query sees. */
  newest(keys: readonly string[], seen: Visibility): ReadonlySet<string>;
  /** What may be confirmed: not what has to be known again after a restart. */
  confirmable(confirmed: Lsn): Lsn;
}

export function createSnapshotWindow(): SnapshotWindow {
  let transactions: Transaction[] = [];
  return {
    begin(xid, confirmed) {
      // One that changes nothing here leaves none behind.
      if (transactions.at(-1)?.keys.size === 0 && !transactions.at(-1)!.isTruncation) transactions.pop();
      transactions.push({ xid, keys: new Set(), isTruncation: false, before: confirmed });
    },
    changed(key) {
      transactions.at(-1)?.keys.add(key);
    },
    truncated() {
      const last = transactions.at(-1);
      if (last) last.isTruncation = true;
    },
    newest(keys, seen) {
      const current = transactions.at(-1);
      const unseen = transactions.filter(({ xid }) => !sees(seen, xid));
      const kept = unseen.some(({ isTruncation }) => isTruncation)
        ? []
        : keys.filter((key) => !unseen.some((transaction) => transaction.keys.has(key)));
      transactions = unseen;
      // The one that is being told, in which the query's mark lies.
      if (current && !transactions.includes(current)) transactions.push(current);
      return new Set(kept);
    },
    confirmable: (confirmed) =>
      transactions.find(({ keys, isTruncation }) => keys.size > 0 || isTruncation)?.before ?? confirmed,
  };
}
