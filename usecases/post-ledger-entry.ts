import { constant, type Int, type Text, type Uint, useCase } from "fivefold";
import { appendToOutbox } from "./outbox.ts";

/** Money moved on an account. */
export interface EntryPosted {
  account: Text<{ pattern: "^[A-Z]{2}[0-9]{6}$" }>;
  /** Counts up within the account, from 1. */
  sequence: Uint<{ min: 1 }>;
  /** Negative: taken from the account. */
  amountCents: Int;
  postedAt: Date;
  labels: Record<string, string>;
}

const balances = new Map<string, bigint>();

export default useCase<EntryPosted>({
  owner: "team-ledger",
  // A balance is only right if an account's entries are posted in their order.
  scheduler: { orderBy: "account" },
  flowControl: { priority: "high" },
  delivery: { retry: { max: 20, backoff: constant("500ms") } },
  handler: (entry) => {
    const balanceCents = (balances.get(entry.account) ?? 0n) + BigInt(entry.amountCents);
    balances.set(entry.account, balanceCents);
    appendToOutbox("ledger.jsonl", {
      account: entry.account,
      sequence: entry.sequence,
      balanceCents: String(balanceCents),
    });
  },
});
