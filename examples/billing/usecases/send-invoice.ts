import { type Int, type Text, useCase } from "fivefold";

/** An account is to be told what it owes. */
export interface InvoiceDue {
  /** The account and the month: an account has one invoice a month. */
  invoiceId: Text<{ maxLength: 64 }>;
  account: Text<{ pattern: "^[A-Z]{2}[0-9]{4}$" }>;
  cents: Int<{ min: 1 }>;
}

export default useCase<InvoiceDue>({
  owner: "team-billing",
  frontend: { dedupeBy: "invoiceId", dedupeFor: "30d" },
  handler: ({ invoiceId, account, cents }) => console.log(`invoice ${invoiceId}: ${account} owes ${cents} cents`),
});
